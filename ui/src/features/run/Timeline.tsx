import { PackageCheck } from "lucide-react";
import {
  allSteps,
  isAtRest,
  isEnded,
  type LiveRun,
  type StepPhase,
  type StepState,
  stepState,
} from "@/api/runView";
import type { StepView } from "@/api/types";
import { classes } from "@/components/classes";
import { formatCount, formatSeconds } from "@/components/format";
import { RoleChip } from "@/components/RoleChip";
import { StatusIcon, statusText } from "@/components/StatusBadge";
import { TimeBar } from "@/components/TimeBar";
import { m } from "@/paraglide/messages.js";
import { phaseFraction, phaseText } from "./phase";
import type { Selected } from "./useSelection";

interface TimelineProps {
  live: LiveRun;
  selected: Selected;
  onSelect: (selected: Selected) => void;
}

/** The run's steps in order, the Assembler and the final result last. */
export function Timeline({ live, selected, onSelect }: TimelineProps) {
  const { run } = live;
  const steps = allSteps(run);
  const longest = Math.max(
    1,
    ...steps.map((step) =>
      step.timings ? step.timings.load_ms + step.timings.prompt_ms + step.timings.generate_ms : 0,
    ),
  );
  return (
    <nav className="timeline" aria-label={m.timeline_label()}>
      <ol>
        {steps.map((step) => (
          <TimelineStep
            key={step.position}
            step={step}
            last={step === run.assembler}
            phase={live.phases[step.position]}
            longest={longest}
            state={stepState(run, step)}
            ended={isEnded(run.status)}
            atRest={isAtRest(run)}
            on={selected === step.position}
            onSelect={() => onSelect(step.position)}
          />
        ))}
        <li className="timeline-item timeline-final">
          <button
            type="button"
            className={classes("timeline-button", selected === "final" && "timeline-on")}
            aria-current={selected === "final" || undefined}
            data-testid="step-final"
            onClick={() => onSelect("final")}
          >
            <span
              className={classes(
                "status-icon",
                run.final_artifacts.length > 0 ? "status-success" : "status-pending",
              )}
            >
              <PackageCheck aria-hidden size={16} />
            </span>
            <span className="timeline-body">
              <span className="timeline-name">
                <strong>{m.final_result()}</strong>
              </span>
              <span className="timeline-facts">
                {run.final_artifacts.length > 0
                  ? m.files_count({ count: run.final_artifacts.length })
                  : isEnded(run.status)
                    ? m.files_none()
                    : m.final_not_yet()}
              </span>
            </span>
          </button>
        </li>
      </ol>
      {steps.some((step) => step.timings) && <Legend />}
    </nav>
  );
}

/** What the shades of the time bars mean. */
function Legend() {
  return (
    <p className="legend">
      <span>
        <i className="time-load" aria-hidden /> {m.phase_load()}
      </span>
      <span>
        <i className="time-read" aria-hidden /> {m.phase_read()}
      </span>
      <span>
        <i className="time-write" aria-hidden /> {m.phase_write()}
      </span>
    </p>
  );
}

interface TimelineStepProps {
  step: StepView;
  last: boolean;
  phase: StepPhase | undefined;
  longest: number;
  state: StepState;
  /** The run has ended, so a step that waits will never start. */
  ended: boolean;
  /** Nobody works on the run, so a step that waits is not about to start. */
  atRest: boolean;
  on: boolean;
  onSelect: () => void;
}

function TimelineStep(props: TimelineStepProps) {
  const { step, last, phase, longest, state, on, onSelect } = props;
  const fraction = state === "RUNNING" ? phaseFraction(phase) : undefined;
  return (
    <li className="timeline-item">
      <button
        type="button"
        className={classes("timeline-button", on && "timeline-on")}
        aria-current={on || undefined}
        data-testid={`step-${step.position}`}
        data-status={state}
        onClick={onSelect}
      >
        <StatusIcon status={state} />
        <span className="timeline-body">
          <span className="timeline-name">
            <strong title={step.step_name}>{last ? "Assembler" : step.step_name}</strong>
            {step.timings && <span className="timeline-time">{formatSeconds(step.execution_time)}</span>}
          </span>
          {!last && <RoleChip role={step.model_type} />}
          {state === "RUNNING" ? (
            <>
              <span className="timeline-phase">{phaseText(phase)}</span>
              {fraction !== undefined && (
                <span className="progress" aria-hidden>
                  <span style={{ width: `${fraction * 100}%` }} />
                </span>
              )}
            </>
          ) : (
            <span className="timeline-facts">{doneFacts(props)}</span>
          )}
          {step.timings && <TimeBar timings={step.timings} scale_ms={longest} />}
        </span>
      </button>
    </li>
  );
}

function doneFacts({ step, state, ended, atRest }: TimelineStepProps): string {
  if (state === "PENDING" && ended) return m.status_not_run();
  if (state === "PENDING" && atRest) return m.status_not_yet();
  const facts: string[] = [];
  if (step.reused_from) facts.push(m.taken_over());
  if (step.timings) facts.push(m.tokens_count({ count: formatCount(step.timings.generated_tokens) }));
  if (step.artifacts.length > 0) facts.push(m.files_count({ count: step.artifacts.length }));
  return facts.length > 0 && state === "SUCCESS" ? facts.join(" · ") : statusText(state);
}
