// What a run's time and tokens went into, as the plot and its table show it.

import { allSteps } from "@/api/runView";
import type { RunView, StepView } from "@/api/types";
import { cachedShare } from "@/components/TimeBar";
import { stepRate, stepTimes } from "./phase";
import { shownName } from "./rerunReasons";

/** One step; times in seconds. */
export interface TimeRow {
  position: number;
  name: string;
  wait: number;
  load: number;
  prompt: number;
  generate: number;
  promptTokens: number;
  /** Share of the prompt, 0 to 1, that came from the cache. */
  cached: number;
  /** The same in tokens, and the rest of the prompt, which was read anew. */
  cachedTokens: number;
  readTokens: number;
  generatedTokens: number;
  /** Written tokens that were guessed ahead. */
  guessedTokens: number;
  /** Tokens per second; absent where nothing was written. */
  rate: number | undefined;
  /** It was carried out by an earlier run, so its time is not this one's. */
  reused: boolean;
}

/** The steps that have ended with known times, in their order. */
export function timeRows(run: RunView): TimeRow[] {
  return allSteps(run).flatMap((step) => rowOf(step) ?? []);
}

function rowOf(step: StepView): TimeRow | undefined {
  const times = step.timings ? stepTimes(step, undefined, 0) : undefined;
  if (!step.timings || !times) return undefined;
  const cachedTokens = Math.min(step.timings.prompt_tokens, step.timings.cached_tokens);
  return {
    position: step.position,
    name: shownName(step.step_name),
    wait: (times.wait_ms ?? 0) / 1000,
    load: times.load_ms / 1000,
    prompt: times.prompt_ms / 1000,
    generate: times.generate_ms / 1000,
    promptTokens: step.timings.prompt_tokens,
    cached: cachedShare(step.timings),
    cachedTokens,
    readTokens: step.timings.prompt_tokens - cachedTokens,
    generatedTokens: step.timings.generated_tokens,
    guessedTokens: step.timings?.accepted_tokens ?? 0,
    rate: stepRate(step),
    reused: step.reused_from != null,
  };
}

/** The parts of a bar from its foot up: where the time went, in seconds, or what the tokens were. */
export const PARTS = {
  time: ["wait", "load", "prompt", "generate"],
  tokens: ["cachedTokens", "readTokens", "generatedTokens"],
} as const;

export type Measure = keyof typeof PARTS;
export type Part = (typeof PARTS)[Measure][number];

/** Heights at which each part of each bar ends: one list a part, so that what is drawn later covers what lies below it. */
export function stacked(rows: TimeRow[], parts: readonly Part[]): number[][] {
  return parts.map((_, top) =>
    rows.map((row) => parts.slice(0, top + 1).reduce((sum, part) => sum + row[part], 0)),
  );
}
