// Folds a run's events into what the Run screen shows. Pure: the same view and event always give the same next view, so that a view
// fetched at `seq` plus the events after it equals a view fetched later.
import type { FinalSource, RunChange, RunEvent, RunView, Status, StepOutcome, StepView } from "./types";

/** What a running step is doing now; nothing of it is durable. */
export type StepPhase =
  | { kind: "loading"; fraction: number }
  | { kind: "prompt"; done: number; total: number; cached: number }
  /** `generated` tokens so far; the rate is counted from the first text event seen, in tokens per second. */
  | { kind: "writing"; generated: number; since: number; first: number; rate?: number };

interface Piece {
  offset: number;
  text: string;
}

export interface LiveRun {
  run: RunView;
  /** By position; only the running step has one. */
  phases: Record<number, StepPhase>;
  /** By position: how many bytes of the result the view has. */
  bytes: Record<number, number>;
  /** By position: text that arrived ahead of a gap, to be joined when the journal's copy fills it. */
  ahead: Record<number, Piece[]>;
  /** The view may lack something; fetch the run again. */
  doubtful: boolean;
}

/** Pieces kept ahead of a gap before the view gives up and asks for a fresh one. */
const AHEAD_LIMIT = 400;
/** Shortest time in ms over which a rate is shown, so that the first batch does not read as thousands. */
const RATE_AFTER_MS = 400;

const encoder = new TextEncoder();
const byteLength = (text: string) => encoder.encode(text).length;

export function startLive(run: RunView): LiveRun {
  const bytes: Record<number, number> = {};
  for (const step of allSteps(run)) bytes[step.position] = byteLength(step.result);
  return { run, phases: {}, bytes, ahead: {}, doubtful: false };
}

/** Every step of the run, the Assembler last. */
export function allSteps(run: RunView): StepView[] {
  return [...run.steps, run.assembler];
}

/** The step at a list position of the pipeline; disabled steps have no view. */
export function stepAt(run: RunView, position: number): StepView | undefined {
  return allSteps(run).find((step) => step.position === position);
}

export function isEnded(status: Status): boolean {
  return status === "SUCCESS" || status === "FAILED" || status === "CANCELLED";
}

/** Nobody works on the run any more: it has ended, or its program is gone. */
export function isOver(run: Pick<RunView, "status" | "interrupted">): boolean {
  return run.interrupted || isEnded(run.status);
}

/** How a step stands; one that its run's program left half-done counts as interrupted, though its record says RUNNING. */
export type StepState = Status | "INTERRUPTED";

export function stepState(run: RunView, step: StepView): StepState {
  return run.interrupted && step.status === "RUNNING" ? "INTERRUPTED" : step.status;
}

export function reduceRun(view: LiveRun, event: RunEvent): LiveRun {
  if (event.seq !== undefined) {
    if (event.seq <= view.run.seq) return view;
    view = { ...view, run: { ...view.run, seq: event.seq } };
  }
  switch (event.event) {
    case "change":
      return reduceChange(view, event.change, event.at);
    case "loading":
      return withPhase(view, event.position, { kind: "loading", fraction: event.fraction });
    case "prompt": {
      const { done, total, cached } = event;
      return withPhase(view, event.position, { kind: "prompt", done, total, cached });
    }
    case "text":
      return addText(
        writing(view, event.position, event.generated, Date.parse(event.at)),
        event.position,
        event,
      );
  }
}

function reduceChange(view: LiveRun, change: RunChange, at: string): LiveRun {
  switch (change.kind) {
    case "created":
      return view;
    case "started":
      return withRun(view, { status: "RUNNING", started_at: view.run.started_at ?? at, interrupted: false });
    case "step_started": {
      const { prompt, warnings } = change;
      return withStep(clearText(view, change.position), change.position, {
        status: "RUNNING",
        started_at: at,
        result: "",
        artifacts: [],
        prompt,
        warnings,
      });
    }
    case "step_text":
      return addText(view, change.position, change);
    case "step_restarted":
      return withStep(clearText(view, change.position), change.position, {
        status: "PENDING",
        result: "",
        artifacts: [],
        error: null,
        error_code: null,
        timings: null,
      });
    case "step_finished": {
      const { position, result, artifacts, execution_time, timings } = change;
      const next = withStep(clearText(view, position), position, {
        ...fromOutcome(change.outcome),
        result,
        artifacts,
        execution_time,
        timings,
        finished_at: at,
      });
      return { ...next, bytes: { ...next.bytes, [position]: byteLength(result) } };
    }
    case "interrupted":
      return withRun({ ...view, phases: {} }, { status: "PENDING", interrupted: true });
    case "finished":
      return finish(view, change, at);
  }
}

function fromOutcome(outcome: StepOutcome): Partial<StepView> {
  if (outcome.status === "FAILED")
    return { status: "FAILED", error: outcome.error, error_code: outcome.code };
  if (outcome.status === "SUCCESS") return { status: "SUCCESS", finish_reason: outcome.finish_reason };
  return { status: "CANCELLED" };
}

function finish(
  view: LiveRun,
  change: {
    status: Status;
    error?: string | null;
    final_artifacts: RunView["final_artifacts"];
    final_artifacts_from?: FinalSource | null;
  },
  at: string,
): LiveRun {
  const { steps } = view.run;
  return withRun(
    { ...view, phases: {}, ahead: {} },
    {
      status: change.status,
      error: change.error,
      final_artifacts: change.final_artifacts,
      final_artifacts_from: change.final_artifacts_from,
      finished_at: at,
      successful_steps: steps.filter((step) => step.status === "SUCCESS").length,
      failed_steps: steps.filter((step) => step.status === "FAILED").length,
      total_execution_time: steps.reduce((sum, step) => sum + step.execution_time, 0),
    },
  );
}

function withRun(view: LiveRun, patch: Partial<RunView>): LiveRun {
  return { ...view, run: { ...view.run, ...patch } };
}

function withStep(view: LiveRun, position: number, patch: Partial<StepView>): LiveRun {
  const step = stepAt(view.run, position);
  if (!step) return { ...view, doubtful: true };
  const next = { ...step, ...patch };
  if (position === view.run.assembler.position) return withRun(view, { assembler: next });
  return withRun(view, { steps: view.run.steps.map((old) => (old.position === position ? next : old)) });
}

function withPhase(view: LiveRun, position: number, phase: StepPhase): LiveRun {
  return { ...view, phases: { ...view.phases, [position]: phase } };
}

function clearText(view: LiveRun, position: number): LiveRun {
  const { [position]: _phase, ...phases } = view.phases;
  const { [position]: _ahead, ...ahead } = view.ahead;
  return { ...view, phases, ahead, bytes: { ...view.bytes, [position]: 0 } };
}

function writing(view: LiveRun, position: number, generated: number, now: number): LiveRun {
  const before = view.phases[position];
  if (before?.kind !== "writing") {
    return withPhase(view, position, { kind: "writing", generated, since: now, first: generated });
  }
  const elapsed = now - before.since;
  const rate = elapsed >= RATE_AFTER_MS ? ((generated - before.first) * 1000) / elapsed : before.rate;
  return withPhase(view, position, { ...before, generated, ...(rate !== undefined && { rate }) });
}

function addText(view: LiveRun, position: number, { offset, text }: Piece): LiveRun {
  const have = view.bytes[position] ?? 0;
  if (offset > have) {
    const kept = [...(view.ahead[position] ?? []), { offset, text }];
    return {
      ...view,
      ahead: { ...view.ahead, [position]: kept },
      doubtful: kept.length > AHEAD_LIMIT || view.doubtful,
    };
  }
  const fresh = offset === have ? text : afterBytes(text, have - offset);
  if (fresh === "") return view;
  const step = stepAt(view.run, position);
  if (!step) return { ...view, doubtful: true };
  const joined = withStep(view, position, { result: step.result + fresh });
  return joinAhead({ ...joined, bytes: { ...view.bytes, [position]: have + byteLength(fresh) } }, position);
}

function joinAhead(view: LiveRun, position: number): LiveRun {
  const [first, ...rest] = view.ahead[position] ?? [];
  if (!first || first.offset > (view.bytes[position] ?? 0)) return view;
  return joinAhead(
    addText({ ...view, ahead: { ...view.ahead, [position]: rest } }, position, first),
    position,
  );
}

/** `text` without its first `count` bytes of UTF-8. */
function afterBytes(text: string, count: number): string {
  const bytes = encoder.encode(text);
  return count >= bytes.length ? "" : new TextDecoder().decode(bytes.subarray(count));
}
