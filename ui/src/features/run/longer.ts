// A run's pipeline with more room for the answer of one step that its length cut off.
import type { Parameters, Pipeline, RunView, StepView } from "@/api/types";
import { ROLES } from "@/components/roles";

/** Most tokens that the router takes as a longest output. */
const TOKENS_MAX = 131_072;
/** The longest output where a step's parameters name none. */
const TOKENS_DEFAULT = 512;

export interface Longer {
  /** The new longest output in tokens. */
  tokens: number;
  pipeline: Pipeline;
}

/** Twice the tokens that the step was given with its continuations; undefined where its length did not cut it off, or no more can be given. */
export function longer(run: RunView, step: StepView): Longer | undefined {
  if (step.finish_reason !== "length") return undefined;
  const { pipeline } = run;
  const ofAssembler = step.position === run.assembler.position;
  const parameters: Parameters =
    (ofAssembler ? pipeline.assembler?.parameters : pipeline.steps[step.position]?.parameters) ??
    (ofAssembler ? ROLES.Assembler.parameters : {});
  const given = (parameters.max_tokens ?? TOKENS_DEFAULT) * (1 + (step.report.continuations ?? 0));
  const tokens = Math.min(2 * given, TOKENS_MAX);
  if (tokens <= given) return undefined;
  const raised = { ...parameters, max_tokens: tokens };
  if (ofAssembler)
    return { tokens, pipeline: { ...pipeline, assembler: { ...pipeline.assembler, parameters: raised } } };
  const steps = pipeline.steps.map((one, position) =>
    position === step.position ? { ...one, parameters: raised } : one,
  );
  return { tokens, pipeline: { ...pipeline, steps } };
}
