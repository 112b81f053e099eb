// A run that is held, and what the user may change in it meanwhile.
import { allSteps, isHeld } from "@/api/runView";
import type { RunView, StepView } from "@/api/types";

/** Whether the step at list position `reader` reads what the one called `name` wrote; the Assembler reads everything. */
function reads(run: RunView, reader: StepView, earlier: StepView): boolean {
  if (reader.position <= earlier.position) return false;
  const inputs = run.pipeline.steps[reader.position]?.inputs;
  return reader === run.assembler || !inputs || inputs.includes(earlier.step_name);
}

/** Whether the user's text may stand in the place of the step's output: nothing that reads it has begun. */
export function canEditOutput(run: RunView, step: StepView): boolean {
  return (
    isHeld(run) &&
    step.status === "SUCCESS" &&
    allSteps(run).every((other) => !reads(run, other, step) || other.status === "PENDING")
  );
}

/** The step after which a run waits for the user; undefined where it does not, or nothing is finished yet. */
export function awaitedStep(run: RunView): StepView | undefined {
  if (!isHeld(run) || !run.paused) return undefined;
  return allSteps(run)
    .filter((step) => step.status === "SUCCESS" && !step.reused_from)
    .sort((one, other) => ended(one) - ended(other))
    .at(-1);
}

const ended = (step: StepView): number => (step.finished_at ? Date.parse(step.finished_at) : step.position);

/** Whether the step is the Assembler of a run whose pieces are joined without a model. */
export const isWithoutModel = (run: RunView, step: StepView): boolean =>
  step.position === run.assembler.position && run.pipeline.assembler?.mode === "deterministic";

/** Whether the pipeline itself asks for a look at the step's output. */
export const asksForApproval = (run: RunView, step: StepView): boolean =>
  run.pipeline.steps[step.position]?.pause_after === true;
