import type { Marks } from "@/api/pace";
import type { StepPhase } from "@/api/runView";
import type { RunView, StepView } from "@/api/types";
import { formatCount, formatPercent, formatRate, formatSeconds } from "@/components/format";
import { m } from "@/paraglide/messages.js";
import { leftShort, leftText, maxTokens, phaseFraction, phaseLeft, phaseText, tokensShort } from "./phase";
import { useNow } from "./useNow";

interface StepProgressProps {
  run: RunView;
  step: StepView;
  phase: StepPhase | undefined;
  marks: Marks | undefined;
}

/** A running step in numbers. Every number has its place from the start, so that nothing moves when one comes. */
export function StepProgress({ run, step, phase, marks }: StepProgressProps) {
  const now = useNow(true);
  const limit = maxTokens(run, step);
  const fraction = phaseFraction(phase, limit);
  const elapsed = step.started_at ? Math.max(0, now - Date.parse(step.started_at)) / 1000 : 0;
  const left = phaseLeft(phase, marks, limit, now);
  const writing = phase?.kind === "writing" ? phase : undefined;
  return (
    <div className="step-progress" data-testid="step-progress">
      <div
        className="progress progress-wide"
        role="progressbar"
        aria-label={phaseText(phase)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={fraction === undefined ? undefined : Math.round(fraction * 100)}
        data-phase={phase?.kind ?? "starting"}
      >
        <span style={{ width: `${(fraction ?? 0) * 100}%` }} />
      </div>
      <dl className="progress-facts">
        <Fact name={m.progress_doing()} value={doing(phase)} testId="progress-phase" wide />
        <Fact
          name={m.progress_tokens()}
          value={writing && tokensShort(writing.generated, limit)}
          title={writing && m.tokens_of({ done: formatCount(writing.generated), total: formatCount(limit) })}
          testId="progress-tokens"
        />
        <Fact
          name={m.progress_rate()}
          value={writing?.rate === undefined ? undefined : m.rate({ rate: formatRate(writing.rate) })}
          testId="progress-rate"
        />
        <Fact name={m.progress_elapsed()} value={formatSeconds(elapsed)} testId="progress-elapsed" />
        <Fact
          name={m.progress_left()}
          value={leftShort(phase, left)}
          title={leftText(phase, left)}
          testId="progress-left"
        />
      </dl>
    </div>
  );
}

/** The phase without the rate, which has a place of its own. */
function doing(phase: StepPhase | undefined): string {
  if (phase?.kind === "writing") return m.phase_write();
  if (phase?.kind === "prompt" && phase.cached > 0)
    return m.phase_prompt({ percent: formatPercent(phase.total > 0 ? phase.done / phase.total : 0) });
  return phaseText(phase);
}

interface FactProps {
  name: string;
  value: string | undefined;
  /** The value in full words. */
  title?: string | undefined;
  testId: string;
  wide?: boolean;
}

function Fact({ name, value, title, testId, wide }: FactProps) {
  return (
    <div className={wide ? "fact fact-wide" : "fact"}>
      <dt>{name}</dt>
      <dd data-testid={testId} title={title ?? value}>
        {value ?? "–"}
      </dd>
    </div>
  );
}
