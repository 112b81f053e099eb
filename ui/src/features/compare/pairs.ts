// What of one run stands beside what of the other. Steps and files are matched by name. Pure.
import { allSteps } from "@/api/runView";
import type { Artifact, RunView, StepView } from "@/api/types";
import { type Pair, pairsOf } from "@/components/pairs";

/** Steps by name, the Assemblers last and beside each other. */
export const stepPairs = (left: RunView, right: RunView): Pair<StepView>[] => [
  ...pairsOf(left.steps, right.steps, (step) => step.step_name),
  { name: "Assembler", left: left.assembler, right: right.assembler },
];

/** The files that a run came to; until it has, the latest of its steps. */
export const filesOf = (run: RunView): Artifact[] =>
  run.final_artifacts.length > 0
    ? run.final_artifacts
    : [...new Map(allSteps(run).flatMap((step) => step.artifacts.map((one) => [one.name, one]))).values()];

/** One property of a step with its value in each run. */
export interface Setting {
  name: string;
  left: string;
  right: string;
  differs: boolean;
}

/** What fixed how the step was carried out: its model, its seed and its parameters. */
export function settingsOf(
  pair: Pair<StepView>,
  runs: { left: RunView; right: RunView },
  names: Record<"role" | "model" | "seed", string>,
): Setting[] {
  const sides = {
    left: valuesOf(pair.left, runs.left, names),
    right: valuesOf(pair.right, runs.right, names),
  };
  const all = [...new Set([...Object.keys(sides.left), ...Object.keys(sides.right)])];
  return all.map((name) => {
    const [left, right] = [sides.left[name] ?? "–", sides.right[name] ?? "–"];
    return { name, left, right, differs: left !== right };
  });
}

function valuesOf(
  step: StepView | undefined,
  run: RunView,
  names: Record<"role" | "model" | "seed", string>,
): Record<string, string> {
  if (!step) return {};
  const parameters =
    step.position === run.assembler.position
      ? run.pipeline.assembler?.parameters
      : run.pipeline.steps[step.position]?.parameters;
  const values: Record<string, string> = {
    [names.role]: step.model_type,
    [names.model]: step.model?.id ?? "–",
    [names.seed]: String(step.seed),
  };
  for (const [name, value] of Object.entries(parameters ?? {})) {
    // The seed that was drawn is told already, and an empty list of stop texts says nothing.
    if (name === "seed" || value == null || (Array.isArray(value) && value.length === 0)) continue;
    values[name] = typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return values;
}

/** Tokens per second of a finished step. */
export function rateOf(step: StepView | undefined): number | undefined {
  const timings = step?.timings;
  if (!timings || timings.generate_ms <= 0 || timings.generated_tokens === 0) return undefined;
  return (timings.generated_tokens * 1000) / timings.generate_ms;
}
