import { Clock3, PackageCheck } from "lucide-react";
import { allSteps, isAtRest, isEnded, type LiveRun, stepState } from "@/api/runView";
import { classes } from "@/components/classes";
import { formatSeconds } from "@/components/format";
import { TimeBar, totalMs } from "@/components/TimeBar";
import { m } from "@/paraglide/messages.js";
import { maxTokens, queuedMs, stepTimes } from "./phase";
import { TimelineStep } from "./TimelineStep";
import { useNow } from "./useNow";
import type { Selected } from "./useSelection";

interface TimelineProps {
  live: LiveRun;
  selected: Selected;
  onSelect: (selected: Selected) => void;
}

/** The run's steps in order, their times to one scale; the Assembler and the final result last. */
export function Timeline({ live, selected, onSelect }: TimelineProps) {
  const { run } = live;
  const steps = allSteps(run);
  const now = useNow(!isAtRest(run));
  const queued_ms = isAtRest(run) && !run.started_at ? 0 : queuedMs(run, now);
  const times = steps.map((step) => stepTimes(step, live.marks[step.position], now));
  const scale_ms = Math.max(1, ...times.map((one) => (one ? totalMs(one) : 0)));
  return (
    <nav className="timeline" aria-label={m.timeline_label()}>
      {queued_ms > 0 && <Queued ms={queued_ms} scale_ms={Math.max(scale_ms, queued_ms)} />}
      <ol>
        {steps.map((step) => (
          <TimelineStep
            key={step.position}
            step={step}
            limit={maxTokens(run, step)}
            last={step === run.assembler}
            phase={live.phases[step.position]}
            marks={live.marks[step.position]}
            scale_ms={Math.max(scale_ms, queued_ms)}
            now={stepState(run, step) === "RUNNING" ? now : 0}
            state={stepState(run, step)}
            ended={isEnded(run.status)}
            atRest={isAtRest(run)}
            on={selected === step.position}
            onSelect={onSelect}
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
      {scale_ms > 1 && <Legend cached={times.some((one) => (one?.cached_tokens ?? 0) > 0)} />}
    </nav>
  );
}

/** The time before the first step, on the same scale. */
function Queued({ ms, scale_ms }: { ms: number; scale_ms: number }) {
  return (
    <p className="timeline-queued" data-testid="timeline-queued">
      <Clock3 aria-hidden size={14} />
      <span>
        <span className="timeline-facts">{m.queued_for({ time: formatSeconds(ms / 1000) })}</span>
        <TimeBar times={{ wait_ms: ms, load_ms: 0, prompt_ms: 0, generate_ms: 0 }} scale_ms={scale_ms} />
      </span>
    </p>
  );
}

/** What the shades of the time bars mean. */
function Legend({ cached }: { cached: boolean }) {
  return (
    <p className="legend">
      <span>
        <i className="time-wait" aria-hidden /> {m.phase_wait()}
      </span>
      <span>
        <i className="time-load" aria-hidden /> {m.phase_load()}
      </span>
      <span>
        <i className="time-read" aria-hidden /> {m.phase_read()}
      </span>
      {cached && (
        <span>
          <i className="time-read" aria-hidden>
            <i className="time-cached" />
          </i>{" "}
          {m.phase_cached()}
        </span>
      )}
      <span>
        <i className="time-write" aria-hidden /> {m.phase_write()}
      </span>
    </p>
  );
}
