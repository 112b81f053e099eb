import { ShieldAlert, ShieldCheck } from "lucide-react";
import { memo } from "react";
import type { Marks } from "@/api/pace";
import type { StepPhase, StepState } from "@/api/runView";
import type { StepView } from "@/api/types";
import { classes } from "@/components/classes";
import { formatCount, formatRate, formatSeconds } from "@/components/format";
import { RoleChip } from "@/components/RoleChip";
import { StatusIcon, statusText } from "@/components/StatusBadge";
import { TimeBar } from "@/components/TimeBar";
import { m } from "@/paraglide/messages.js";
import { leftShort, phaseFraction, phaseLeft, phaseText, stepRate, stepTimes, tokensShort } from "./phase";

export interface TimelineStepProps {
  step: StepView;
  /** The most tokens that it may write. */
  limit: number;
  /** It is the Assembler. */
  last: boolean;
  phase: StepPhase | undefined;
  marks: Marks | undefined;
  /** Length in ms of a full bar. */
  scale_ms: number;
  /** Ms since the epoch while the step runs, else 0, so that only a running step is drawn again. */
  now: number;
  state: StepState;
  /** The run has ended, so a step that waits will never start. */
  ended: boolean;
  /** Nobody works on the run, so a step that waits is not about to start. */
  atRest: boolean;
  on: boolean;
  onSelect: (position: number) => void;
}

/** One step of the run. It is as high before it runs as while it does and after, so the steps below stay where they are. */
export const TimelineStep = memo(function TimelineStep(props: TimelineStepProps) {
  const { step, limit, last, phase, marks, scale_ms, now, state, on, onSelect } = props;
  const running = state === "RUNNING";
  const times = running || step.timings ? stepTimes(step, marks, now) : undefined;
  const fraction = running ? phaseFraction(phase, limit) : undefined;
  const left = running ? leftShort(phase, phaseLeft(phase, marks, limit, now)) : undefined;
  const seconds =
    running && step.started_at ? (now - Date.parse(step.started_at)) / 1000 : step.execution_time;
  return (
    <li className="timeline-item">
      <button
        type="button"
        className={classes("timeline-button", on && "timeline-on")}
        aria-current={on || undefined}
        data-testid={`step-${step.position}`}
        data-status={state}
        onClick={() => onSelect(step.position)}
      >
        <StatusIcon status={state} />
        <span className="timeline-body">
          <span className="timeline-name">
            <strong title={step.step_name}>{last ? "Assembler" : step.step_name}</strong>
            {step.gate_passed != null && <GateIcon passed={step.gate_passed} />}
            {(running || step.timings) && (
              <span className="timeline-time">{formatSeconds(Math.max(0, seconds))}</span>
            )}
          </span>
          {!last && <RoleChip role={step.model_type} />}
          {running ? (
            <>
              <span className="timeline-phase">{phaseText(phase)}</span>
              <span className="timeline-facts">
                {[phase?.kind === "writing" && tokensShort(phase.generated, limit), left]
                  .filter(Boolean)
                  .join(" · ") || "\u00a0"}
              </span>
            </>
          ) : (
            <>
              <span className="timeline-facts">{doneFacts(props)}</span>
              <span className="timeline-facts">{moreFacts(step) || " "}</span>
            </>
          )}
          <span className={running ? "progress" : "progress progress-none"} aria-hidden>
            <span style={{ width: `${(fraction ?? 0) * 100}%` }} />
          </span>
          {times ? <TimeBar times={times} scale_ms={scale_ms} /> : <span className="time-bar" aria-hidden />}
        </span>
      </button>
    </li>
  );
});

function GateIcon({ passed }: { passed: boolean }) {
  const Icon = passed ? ShieldCheck : ShieldAlert;
  const label = passed ? m.gate_passed() : m.gate_failed();
  return (
    <span className={classes("gate-icon", passed ? "gate-good" : "gate-bad")} title={label}>
      <Icon role="img" aria-label={label} size={14} />
    </span>
  );
}

function doneFacts({ step, state, ended, atRest }: TimelineStepProps): string {
  if (state === "PENDING" && ended) return m.status_not_run();
  if (state === "PENDING" && atRest) return m.status_not_yet();
  const facts: string[] = [];
  if (step.reused_from) facts.push(m.taken_over());
  if (step.timings) facts.push(m.tokens_count({ count: formatCount(step.timings.generated_tokens) }));
  const rate = stepRate(step);
  if (rate !== undefined) facts.push(m.rate({ rate: formatRate(rate) }));
  return facts.length > 0 && state === "SUCCESS" ? facts.join(" · ") : statusText(state);
}

function moreFacts(step: StepView): string {
  const facts: string[] = [];
  if (step.artifacts.length > 0) facts.push(m.files_count({ count: step.artifacts.length }));
  if (step.original_result != null) facts.push(m.edited());
  return facts.join(" · ");
}
