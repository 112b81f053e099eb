// Folds a run's events into what the Run screen shows. Pure: the same view and event always give the same next view, so that a view
// fetched at `seq` plus the events after it equals a view fetched later.
import { type Marks, rateOf, type Sample, withSample } from "./pace";
import { putDown, takenUp } from "./runTime";
import { attempted, began, gatePassed, reported } from "./stepReport";
import type { RunChange, RunEvent, RunSummary, RunView, Status, StepOutcome, StepView } from "./types";

/** What a running step is doing now; nothing of it is durable. */
export type StepPhase =
  | { kind: "loading"; fraction: number }
  | { kind: "prompt"; done: number; total: number; cached: number }
  /** It writes, and nobody tells how fast: only the journal's copy of its text is known. */
  | { kind: "text" }
  /** `generated` tokens so far; the rate is that of the last seconds, in tokens per second. */
  | { kind: "writing"; generated: number; samples: Sample[]; rate?: number };

interface Piece {
  offset: number;
  text: string;
}

export interface LiveRun {
  run: RunView;
  /** By position; only the running step has one. */
  phases: Record<number, StepPhase>;
  /** By position: when the phases of a running step began, as far as they were seen. */
  marks: Record<number, Marks>;
  /** By position: how many bytes of the result the view has. */
  bytes: Record<number, number>;
  /** By position: text that arrived ahead of a gap, to be joined when the journal's copy fills it. */
  ahead: Record<number, Piece[]>;
  /** The view may lack something; fetch the run again. */
  doubtful: boolean;
}

/** Pieces kept ahead of a gap before the view gives up and asks for a fresh one. */
const AHEAD_LIMIT = 400;

const encoder = new TextEncoder();
const byteLength = (text: string) => encoder.encode(text).length;

export function startLive(run: RunView): LiveRun {
  const bytes: Record<number, number> = {};
  const phases: Record<number, StepPhase> = {};
  for (const step of allSteps(run)) {
    bytes[step.position] = byteLength(step.result);
    if (stepState(run, step) === "RUNNING" && step.result !== "") phases[step.position] = { kind: "text" };
  }
  return { run, phases, marks: {}, bytes, ahead: {}, doubtful: false };
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

/** What a run's state is told by, in the whole run and in its line of a list. */
export type Standing = Pick<RunSummary, "status" | "interrupted" | "paused">;

/** The run waits for somebody to resume it. */
export function isHeld(run: Standing): boolean {
  return run.status === "PENDING" && (run.interrupted || run.paused === true);
}

/** Nobody works on the run and nobody will by themselves: it has ended, or it is held. */
export function isAtRest(run: Standing): boolean {
  return isEnded(run.status) || isHeld(run);
}

/** How a run stands, in more words than its status has. */
export type RunState = Status | "PAUSED" | "INTERRUPTED";

export function runState(run: Standing): RunState {
  if (!isHeld(run)) return run.status;
  return run.interrupted ? "INTERRUPTED" : "PAUSED";
}

/** How a step stands. One that its program left half-done counts as interrupted, though its record says RUNNING. */
export type StepState = Status | "INTERRUPTED";

export function stepState(run: RunView, step: StepView): StepState {
  if (step.status !== "RUNNING" || run.status === "RUNNING") return step.status;
  return run.interrupted ? "INTERRUPTED" : "PENDING";
}

/** Whether a step that has ended can run again in a new run: this one is at rest, and every step before ended well. */
export function canRerunFrom(run: RunView, step: StepView): boolean {
  return (
    isAtRest(run) &&
    isEnded(step.status) &&
    run.steps.every((earlier) => earlier.position >= step.position || earlier.status === "SUCCESS")
  );
}

export function reduceRun(view: LiveRun, event: RunEvent): LiveRun {
  if (event.seq != null) {
    if (event.seq <= view.run.seq) return view;
    // Durable events are numbered without gaps, so a gap means that one was lost.
    if (event.seq > view.run.seq + 1) return { ...view, doubtful: true };
    view = { ...view, run: { ...view.run, seq: event.seq } };
  }
  switch (event.event) {
    case "change":
      return reduceChange(view, event.change, event.at);
    case "loading":
      return withPhase(marked(view, event.position, "load", event.at), event.position, {
        kind: "loading",
        fraction: event.fraction,
      });
    case "prompt": {
      const { done, total, cached } = event;
      return withPhase(marked(view, event.position, "prompt", event.at), event.position, {
        kind: "prompt",
        done,
        total,
        cached,
      });
    }
    case "text": {
      const seen = marked(view, event.position, "write", event.at);
      return addText(
        writing(seen, event.position, event.generated, Date.parse(event.at)),
        event.position,
        event,
      );
    }
  }
}

function reduceChange(view: LiveRun, any: RunChange, at: string): LiveRun {
  if (isEdit(any)) return reduceEdit(view, any);
  const change: RunChange = any;
  switch (change.kind) {
    case "created":
      return view;
    case "started":
      return withRun(view, {
        status: "RUNNING",
        started_at: view.run.started_at ?? at,
        ...FREE,
        ...takenUp(view.run, at),
      });
    case "step_started": {
      const { prompt, warnings } = change;
      return withStep(clearText(view, change.position), change.position, {
        status: "RUNNING",
        started_at: at,
        result: "",
        artifacts: [],
        prompt,
        warnings,
        report: began(change.conflicts),
      });
    }
    case "step_attempted": {
      // The text is void; another attempt may follow, which is prompted and written anew.
      const { position, attempt } = change;
      const before = stepAt(view.run, position)?.report;
      return withStep(clearText(view, position), position, {
        result: "",
        report: attempted(before, attempt),
      });
    }
    case "step_text":
      return addText(writingUnmeasured(view, change.position), change.position, change);
    case "step_restarted":
      return withStep(clearText(view, change.position), change.position, {
        status: "PENDING",
        result: "",
        artifacts: [],
        error: null,
        error_code: null,
        error_phrase: null,
        finish_reason: null,
        execution_time: 0,
        timings: null,
        prompt: "",
        warnings: [],
        started_at: null,
        finished_at: null,
        report: began(),
        gate_passed: null,
      });
    case "step_reused": {
      const { kind: _kind, position, from, report = began(), ...made } = change;
      const next = withStep(clearText(view, position), position, {
        ...made,
        status: "SUCCESS",
        reused_from: from,
        report,
        gate_passed: gatePassed(report),
      });
      return counted({ ...next, bytes: { ...next.bytes, [position]: byteLength(change.result) } });
    }
    case "step_finished": {
      const { position, result, artifacts, execution_time, timings } = change;
      const report = reported(stepAt(view.run, position)?.report, change.report);
      const next = withStep(clearText(view, position), position, {
        ...fromOutcome(change.outcome),
        report,
        gate_passed: gatePassed(report),
        result,
        artifacts,
        execution_time,
        timings,
        finished_at: at,
      });
      return counted({ ...next, bytes: { ...next.bytes, [position]: byteLength(result) } });
    }
    case "interrupted":
      return withRun(still(view), { ...putDown(view.run, at), interrupted: true });
    case "requeued":
      return withRun(still(view), putDown(view.run, at));
    case "pause_requested":
      return withRun(view, { pause_requested: true });
    case "paused":
      return withRun(still(view), { ...putDown(view.run, at), paused: true, pause_requested: false });
    case "resumed":
      return withRun(view, FREE);
    case "cancel_requested":
      return withRun(view, { cancel_requested: true });
    case "finished":
      return finish(view, change, at);
    default:
      // A kind of change that this page does not know yet.
      return { ...view, doubtful: true };
  }
}

/** A change of what is finished: the user's text, files or choice in the place of the model's, or files found anew. */
type EditChange = Extract<
  RunChange,
  { kind: "step_edited" | "artifacts_edited" | "step_reread" | "final_chosen" }
>;

const EDITS: RunChange["kind"][] = ["step_edited", "artifacts_edited", "step_reread", "final_chosen"];
const isEdit = (change: RunChange): change is EditChange => EDITS.includes(change.kind);

function reduceEdit(view: LiveRun, change: EditChange): LiveRun {
  switch (change.kind) {
    case "step_edited": {
      const { position, result } = change;
      const before: StepView | undefined = stepAt(view.run, position);
      const edited: Partial<StepView> = {
        ...found(before, change),
        result,
        original_result: before?.original_result ?? before?.result,
      };
      const next = withStep(view, position, edited);
      return { ...next, bytes: { ...next.bytes, [position]: byteLength(result) } };
    }
    case "step_reread":
      return withStep(view, change.position, found(stepAt(view.run, change.position), change));
    case "final_chosen": {
      const { artifacts, from } = change;
      const chosen: Partial<RunView> = {
        final_artifacts: artifacts,
        final_artifacts_from: from,
        final_artifacts_edited: false,
      };
      return withRun(view, chosen);
    }
    case "artifacts_edited": {
      const { target, artifacts, edited: differs = true } = change;
      if (target.of === "final")
        return withRun(view, { final_artifacts: artifacts, final_artifacts_edited: differs });
      return withStep(view, target.position, { artifacts, artifacts_edited: differs });
    }
  }
}

/** Artifacts that were found in a finished output, and what is known of it besides. */
function found(
  before: StepView | undefined,
  { artifacts, report: told }: Extract<EditChange, { kind: "step_edited" | "step_reread" }>,
): Partial<StepView> {
  const report = reported(before?.report, told);
  return { artifacts, artifacts_edited: false, report, gate_passed: gatePassed(report) };
}

/** Nothing holds the run. */
const FREE = { interrupted: false, paused: false, pause_requested: false };

/** The view of a run on which nobody works. */
function still(view: LiveRun): LiveRun {
  return { ...view, phases: {}, marks: {}, ahead: {} };
}

function fromOutcome(outcome: StepOutcome): Partial<StepView> {
  if (outcome.status === "FAILED")
    return {
      status: "FAILED",
      error: outcome.error,
      error_code: outcome.code,
      error_phrase: outcome.phrase,
    };
  if (outcome.status === "SUCCESS") return { status: "SUCCESS", finish_reason: outcome.finish_reason };
  return { status: "CANCELLED" };
}

function finish(view: LiveRun, change: Extract<RunChange, { kind: "finished" }>, at: string): LiveRun {
  // A step that the end cuts off keeps its text, and what files are in it only the router knows.
  const cut = allSteps(view.run).filter((step) => step.status === "RUNNING");
  const settled = cut.reduce<LiveRun>(
    (next, step) => withStep(next, step.position, { status: "CANCELLED", finished_at: at }),
    still(view),
  );
  return withRun(
    { ...settled, doubtful: view.doubtful || cut.length > 0 },
    {
      ...FREE,
      ...takenUp(view.run, at),
      cancel_requested: false,
      status: change.status,
      error: change.error,
      final_artifacts: change.final_artifacts,
      final_artifacts_from: change.final_artifacts_from,
      assembly: change.assembly,
      assembled_code: settled.run.assembler.result,
      finished_at: at,
    },
  );
}

/** The view with the sums that follow from its steps, the Assembler excluded. */
function counted(view: LiveRun): LiveRun {
  const { steps } = view.run;
  return withRun(view, {
    successful_steps: steps.filter((step) => step.status === "SUCCESS").length,
    failed_steps: steps.filter((step) => step.status === "FAILED").length,
    total_execution_time: steps.reduce((sum, step) => sum + step.execution_time, 0),
  });
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
  const { [position]: _marks, ...marks } = view.marks;
  return { ...view, phases, marks, ahead, bytes: { ...view.bytes, [position]: 0 } };
}

/** Text came from the journal; how fast it is written is known only where the run's own program tells it. */
function writingUnmeasured(view: LiveRun, position: number): LiveRun {
  return view.phases[position]?.kind === "writing" ? view : withPhase(view, position, { kind: "text" });
}

/** The view in which a phase has begun, at the first time that it was told. */
function marked(view: LiveRun, position: number, phase: keyof Marks, at: string): LiveRun {
  const before = view.marks[position];
  if (before?.[phase] !== undefined) return view;
  return { ...view, marks: { ...view.marks, [position]: { ...before, [phase]: Date.parse(at) } } };
}

function writing(view: LiveRun, position: number, generated: number, now: number): LiveRun {
  const before = view.phases[position];
  const seen = before?.kind === "writing" ? before : undefined;
  const samples = withSample(seen?.samples ?? [], { at: now, count: generated });
  const rate = rateOf(samples) ?? seen?.rate;
  return withPhase(view, position, {
    kind: "writing",
    generated,
    samples,
    ...(rate !== undefined && { rate }),
  });
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
