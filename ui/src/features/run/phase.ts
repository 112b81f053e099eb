// What a step is doing, in words.
import type { StepPhase } from "@/api/runView";
import type { StepView } from "@/api/types";
import { formatCount, formatPercent, formatRate } from "@/components/format";
import { m } from "@/paraglide/messages.js";

export function phaseText(phase: StepPhase | undefined): string {
  if (!phase) return m.phase_starting();
  if (phase.kind === "loading") return m.phase_loading({ percent: formatPercent(phase.fraction) });
  if (phase.kind === "prompt") {
    const percent = formatPercent(phase.total > 0 ? phase.done / phase.total : 0);
    return phase.cached > 0
      ? m.phase_prompt_cached({ percent, cached: formatCount(phase.cached) })
      : m.phase_prompt({ percent });
  }
  if (phase.kind === "text") return m.phase_writing();
  return phase.rate === undefined
    ? m.phase_writing()
    : m.phase_writing_rate({ rate: formatRate(phase.rate) });
}

/** Fraction from 0 to 1 of a phase that has one. */
export function phaseFraction(phase: StepPhase | undefined): number | undefined {
  if (phase?.kind === "loading") return phase.fraction;
  if (phase?.kind === "prompt" && phase.total > 0) return phase.done / phase.total;
  return undefined;
}

/** Tokens per second over the whole of a finished step. */
export function stepRate(step: StepView): number | undefined {
  const timings = step.timings;
  if (!timings || timings.generate_ms <= 0 || timings.generated_tokens === 0) return undefined;
  return (timings.generated_tokens * 1000) / timings.generate_ms;
}
