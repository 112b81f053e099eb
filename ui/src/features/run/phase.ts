// What a step is doing, in words and in numbers.
import { type Marks, secondsLeft, secondsLeftOf, timesSoFar } from "@/api/pace";
import type { StepPhase } from "@/api/runView";
import type { RunView, StepView } from "@/api/types";
import { formatCount, formatPercent, formatRate, formatSeconds } from "@/components/format";
import { ROLES } from "@/components/roles";
import type { Times } from "@/components/TimeBar";
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

/** The most tokens that the step may write. */
export function maxTokens(run: RunView, step: StepView): number {
  const own =
    step.position === run.assembler.position
      ? run.pipeline.assembler?.parameters
      : run.pipeline.steps[step.position]?.parameters;
  return own?.max_tokens ?? ROLES[step.model_type].parameters.max_tokens;
}

/** How far a phase has come, 0 to 1; writing counts against the most tokens there may be. */
export function phaseFraction(phase: StepPhase | undefined, limit: number): number | undefined {
  if (phase?.kind === "loading") return phase.fraction;
  if (phase?.kind === "prompt" && phase.total > 0) return phase.done / phase.total;
  if (phase?.kind === "writing" && limit > 0) return Math.min(1, phase.generated / limit);
  return undefined;
}

/** Seconds that the phase takes yet; for writing that is the most it may take, since a model may stop earlier. */
export function phaseLeft(
  phase: StepPhase | undefined,
  marks: Marks | undefined,
  limit: number,
  now: number,
): number | undefined {
  if (phase?.kind === "writing") return secondsLeft(phase.generated, limit, phase.rate);
  const since = phase?.kind === "loading" ? marks?.load : marks?.prompt;
  const fraction = phaseFraction(phase, limit);
  if (fraction === undefined || since === undefined) return undefined;
  return secondsLeftOf(fraction, now - since);
}

/** What remains, in words. */
export function leftText(phase: StepPhase | undefined, seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  const time = formatSeconds(Math.max(1, Math.round(seconds)));
  return phase?.kind === "writing" ? m.time_left_at_most({ time }) : m.time_left({ time });
}

/** The same in as little room as a number takes: `≤` for the most it may be, `≈` for an estimate. */
export function leftShort(phase: StepPhase | undefined, seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  const time = formatSeconds(Math.max(1, Math.round(seconds))).replace(/([.,])0(?= s)/, "");
  return `${phase?.kind === "writing" ? "≤" : "≈"} ${time}`;
}

/** Tokens so far and the most there may be, as `27 / 512`. */
export const tokensShort = (done: number, limit: number) => `${formatCount(done)} / ${formatCount(limit)}`;

/** Tokens per second over the whole of a finished step. */
export function stepRate(step: StepView): number | undefined {
  const timings = step.timings;
  if (!timings || timings.generate_ms <= 0 || timings.generated_tokens === 0) return undefined;
  return (timings.generated_tokens * 1000) / timings.generate_ms;
}

/** Shortest wait in ms that is shown; what is below it is the bookkeeping between a step's phases. */
const WAIT_FROM_MS = 300;

/** Where a step's time went, or goes until `now`; undefined before it has begun. */
export function stepTimes(step: StepView, marks: Marks | undefined, now: number): Times | undefined {
  if (step.timings) {
    const whole = step.execution_time * 1000;
    const { load_ms, prompt_ms, generate_ms } = step.timings;
    const measured = load_ms + prompt_ms + generate_ms;
    // A placeholder measures nothing, and all that it does is write.
    if (measured === 0) return { ...step.timings, generate_ms: whole };
    return { ...step.timings, wait_ms: waited(whole - measured) };
  }
  if (!marks) return undefined;
  const first = marks.load ?? marks.prompt ?? marks.write ?? now;
  const wait = step.started_at ? first - Date.parse(step.started_at) : 0;
  return { ...timesSoFar(marks, now), wait_ms: waited(wait) };
}

const waited = (ms: number) => (ms >= WAIT_FROM_MS ? ms : 0);

/** Ms that the run waited in the queue before its first step; 0 where that is too short to tell. */
export function queuedMs(run: RunView, now: number): number {
  const end = run.started_at ? Date.parse(run.started_at) : run.status === "PENDING" ? now : Number.NaN;
  const ms = end - Date.parse(run.created_at);
  return ms >= 1000 ? ms : 0;
}
