import type { ReactNode } from "react";
import type { StepPhase } from "@/api/runView";
import { formatCount, formatPercent, formatRate, formatSeconds } from "@/components/format";
import { StatusIcon } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";
import { type LiveStep, useLive } from "./live";

/** What the latest run does with a step, on one line; `name` is the step's name or `assembler`. Nothing before the first run. */
export function StepStatus({ name, children }: { name: string; children?: ReactNode }) {
  const step = useLive((live) => live.steps[name]);
  if (!step) return <span className="node-status node-status-idle">{children}</span>;
  return (
    <span className="node-status" data-status={step.state} data-testid={`status-${name}`}>
      <StatusIcon status={step.state} size={14} />
      <span className="node-status-text">{statusLine(step)}</span>
    </span>
  );
}

export function statusLine(step: LiveStep): string {
  if (step.state === "PENDING") return m.status_not_yet();
  if (step.state === "INTERRUPTED") return m.status_interrupted();
  if (step.state === "RUNNING")
    return [
      phaseWords(step.phase),
      step.tokens !== undefined && m.tokens_count({ count: formatCount(step.tokens) }),
    ]
      .filter(Boolean)
      .join(" · ");
  const facts = [
    step.state === "FAILED" && m.status_failed(),
    step.state === "CANCELLED" && m.status_cancelled(),
    step.seconds !== undefined && step.seconds > 0 && formatSeconds(step.seconds),
    step.tokens !== undefined && m.tokens_count({ count: formatCount(step.tokens) }),
    step.artifacts > 0 && m.files_count({ count: step.artifacts }),
  ];
  return facts.filter(Boolean).join(" · ") || m.status_success();
}

export function phaseWords(phase: StepPhase | undefined): string {
  if (!phase) return m.phase_starting();
  if (phase.kind === "loading") return m.phase_loading({ percent: formatPercent(phase.fraction) });
  if (phase.kind === "prompt")
    return m.phase_prompt({ percent: formatPercent(phase.total > 0 ? phase.done / phase.total : 0) });
  if (phase.kind === "writing" && phase.rate !== undefined)
    return m.phase_writing_rate({ rate: formatRate(phase.rate) });
  return m.phase_writing();
}

/** Fraction from 0 to 1 of a phase that has one. */
export function phaseFraction(phase: StepPhase | undefined): number | undefined {
  if (phase?.kind === "loading") return phase.fraction;
  if (phase?.kind === "prompt" && phase.total > 0) return phase.done / phase.total;
  return undefined;
}
