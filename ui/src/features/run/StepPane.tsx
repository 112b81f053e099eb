import { History, RotateCcw, TriangleAlert, Unplug } from "lucide-react";
import { useState } from "react";
import { canRerunFrom, type StepPhase, type StepState } from "@/api/runView";
import type { StepView } from "@/api/types";
import { Button } from "@/components/Button";
import { Segmented } from "@/components/Choice";
import { CopyButton } from "@/components/CopyButton";
import { formatCount, formatRate } from "@/components/format";
import { OutputText } from "@/components/OutputText";
import { RoleChip } from "@/components/RoleChip";
import { m } from "@/paraglide/messages.js";
import { FailureCard } from "./FailureCard";
import { phaseText, stepRate } from "./phase";
import { runLink } from "./RunStrip";
import type { StepDetailProps } from "./StepDetail";
import { useRunAgain } from "./useRunAgain";

/** What one step wrote, or the exact prompt that it got. */
export function StepPane({ step, state, phase, run, onOpenRun }: StepDetailProps) {
  const again = useRunAgain(run.run_id, onOpenRun);
  const [view, setView] = useState<"output" | "prompt">("output");
  const text = view === "output" ? step.result : step.prompt;
  const streaming = state === "RUNNING" && view === "output";
  const rerun = canRerunFrom(run, step) && (
    <Button
      small
      icon={RotateCcw}
      busy={again.isPending}
      title={m.rerun_from_hint()}
      onClick={() => again.run(step.step_name)}
      data-testid="rerun-from"
    >
      {m.rerun_from_here()}
    </Button>
  );
  return (
    <section className="pane step-pane" aria-label={step.step_name}>
      <header className="pane-head">
        <Segmented
          label={m.show()}
          value={view}
          onChange={setView}
          options={[
            { value: "output", label: m.output() },
            { value: "prompt", label: m.prompt() },
          ]}
        />
        <span className="spacer" />
        <StepFacts step={step} phase={state === "RUNNING" ? phase : undefined} />
        <CopyButton text={text} label={view === "output" ? m.copy_output() : m.copy_prompt()} />
      </header>
      <div className="pane-sub">
        <RoleChip
          role={step.model_type}
          model={step.model ? { ...step.model, simulated: step.simulated } : null}
        />
        <span className="step-seed" data-testid="step-seed">
          {m.step_seed({ seed: String(step.seed) })}
          <CopyButton text={String(step.seed)} label={m.copy_seed()} />
        </span>
        <span className="spacer" />
        {step.status !== "FAILED" && rerun}
      </div>
      {step.reused_from && (
        <p className="notice notice-quiet" data-testid="step-reused">
          <History aria-hidden size={14} />
          <span>
            {m.step_reused()}{" "}
            <a className="link" href={runLink(step.reused_from)}>
              {m.open_earlier_run()}
            </a>
          </span>
        </p>
      )}
      {state === "INTERRUPTED" && (
        <p className="notice notice-warn" role="status" data-testid="step-interrupted">
          <Unplug aria-hidden size={14} />
          <span>
            <strong>{m.status_interrupted()}.</strong> {m.step_interrupted()}
          </span>
        </p>
      )}
      {step.status === "FAILED" && <FailureCard step={step}>{rerun}</FailureCard>}
      {step.warnings.map((warning) => (
        <p key={warning} className="notice notice-warn">
          <TriangleAlert aria-hidden size={14} /> {warning}
        </p>
      ))}
      {step.finish_reason === "length" && (
        <p className="notice notice-warn">
          <TriangleAlert aria-hidden size={14} /> {m.finished_by_length()}
        </p>
      )}
      {text === "" ? (
        <p className="pane-empty" data-testid={view === "output" ? "step-output" : undefined}>
          {view === "output" ? emptyText(state, phase) : m.prompt_not_yet()}
        </p>
      ) : (
        <OutputText
          key={view}
          text={text}
          streaming={streaming}
          label={
            view === "output"
              ? m.step_output({ name: step.step_name })
              : m.prompt_of({ name: step.step_name })
          }
          testId={view === "output" ? "step-output" : "step-prompt"}
        />
      )}
    </section>
  );
}

function emptyText(state: StepState, phase: StepPhase | undefined): string {
  if (state === "RUNNING") return phaseText(phase);
  if (state === "PENDING") return m.output_not_yet();
  return m.output_empty();
}

function StepFacts({ step, phase }: { step: StepView; phase: StepPhase | undefined }) {
  if (phase?.kind === "writing") {
    const rate = phase.rate === undefined ? "" : ` · ${m.rate({ rate: formatRate(phase.rate) })}`;
    return (
      <span className="pane-facts">
        {m.tokens_count({ count: formatCount(phase.generated) })}
        {rate}
      </span>
    );
  }
  const rate = stepRate(step);
  if (!step.timings || rate === undefined) return null;
  return (
    <span className="pane-facts">
      {m.tokens_count({ count: formatCount(step.timings.generated_tokens) })} ·{" "}
      {m.rate({ rate: formatRate(rate) })}
    </span>
  );
}
