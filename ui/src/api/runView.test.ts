import { describe, expect, test } from "vitest";
import { artifact, runView, stepView } from "@/test/fixtures";
import { workedSeconds } from "./runTime";
import {
  allSteps,
  canRerunFrom,
  isHeld,
  type LiveRun,
  reduceRun,
  runState,
  startLive,
  stepState,
} from "./runView";
import type { RunChange, RunEvent, Status, StepView } from "./types";

const AT = "2026-01-01T10:00:00.000Z";
const later = (ms: number) => new Date(Date.parse(AT) + ms).toISOString();
const change = (seq: number, value: RunChange, at = AT): RunEvent => ({
  run_id: "r1",
  seq,
  at,
  event: "change",
  change: value,
});
const text = (position: number, offset: number, value: string, generated = 1, at = AT): RunEvent => ({
  run_id: "r1",
  at,
  event: "text",
  position,
  offset,
  text: value,
  generated,
});
const started = (seq: number, position: number) =>
  change(seq, { kind: "step_started", position, prompt: "do it", warnings: [] });
const fold = (events: RunEvent[], from: LiveRun = startLive(runView())) => events.reduce(reduceRun, from);
const outputOf = (view: LiveRun, position = 0) => view.run.steps[position]?.result;

describe("text", () => {
  test("is joined by byte offset, not by character", () => {
    const view = fold([started(1, 0), text(0, 0, "añ"), text(0, 3, "😀"), text(0, 7, "!")]);
    expect(outputOf(view)).toBe("añ😀!");
    expect(view.bytes[0]).toBe(8);
  });

  test("that the view already has is ignored, and an overlap adds only its end", () => {
    const journalled = change(2, { kind: "step_text", position: 0, offset: 0, text: "abc" });
    const overlapping = change(3, { kind: "step_text", position: 0, offset: 2, text: "cde" });
    expect(outputOf(fold([started(1, 0), text(0, 0, "abcd"), journalled, overlapping]))).toBe("abcde");
  });

  test("ahead of a gap waits for the journal's copy", () => {
    const ahead = fold([started(1, 0), text(0, 0, "ab"), text(0, 4, "ef"), text(0, 6, "g")]);
    expect(outputOf(ahead)).toBe("ab");
    const filled = fold([change(2, { kind: "step_text", position: 0, offset: 0, text: "abcdef" })], ahead);
    expect(outputOf(filled)).toBe("abcdefg");
    expect(filled.doubtful).toBe(false);
  });

  test("that never fits makes the view doubtful", () => {
    const events = Array.from({ length: 500 }, (_, index) => text(0, 100 + index, "x"));
    expect(fold([started(1, 0), ...events]).doubtful).toBe(true);
  });
});

test("events up to the fetched number change nothing", () => {
  const view = startLive(runView({ seq: 5, status: "RUNNING" }));
  expect(reduceRun(view, change(5, { kind: "interrupted" }))).toBe(view);
});

test("phases follow loading, prompt and writing, with a rate from the first text", () => {
  const loading = fold([
    started(1, 0),
    { run_id: "r1", at: AT, event: "loading", position: 0, fraction: 0.43 },
  ]);
  expect(loading.phases[0]).toEqual({ kind: "loading", fraction: 0.43 });
  const writing = fold([text(0, 0, "a", 1, AT), text(0, 1, "b", 32, later(1000))], loading);
  expect(writing.phases[0]).toMatchObject({ kind: "writing", generated: 32, rate: 31 });
});

test("a restarted step forgets its cut text", () => {
  const view = fold([
    started(1, 0),
    text(0, 0, "half"),
    change(2, { kind: "step_restarted", position: 0 }),
    started(3, 0),
    text(0, 0, "new"),
  ]);
  expect(outputOf(view)).toBe("new");
});

test("a finished step and run carry what the events say", () => {
  const files = [artifact("Form.jsx", "x")];
  const done: RunChange = {
    kind: "step_finished",
    position: 0,
    outcome: { status: "SUCCESS", finish_reason: "end_of_turn" },
    result: "whole",
    artifacts: files,
    execution_time: 2.5,
    timings: null,
  };
  const view = fold([
    change(1, { kind: "started" }),
    started(2, 0),
    text(0, 0, "wh"),
    change(3, done),
    change(4, {
      ...done,
      position: 1,
      outcome: { status: "FAILED", code: "timed_out", error: "too slow" },
      artifacts: [],
    }),
    change(
      5,
      { kind: "finished", status: "FAILED", error: "Pipeline stopped", final_artifacts: [] },
      later(9000),
    ),
  ]);
  expect(view.run).toMatchObject({
    status: "FAILED",
    successful_steps: 1,
    failed_steps: 1,
    total_execution_time: 5,
    seq: 5,
    finished_at: later(9000),
  });
  expect(view.run.steps[0]).toMatchObject({
    status: "SUCCESS",
    result: "whole",
    artifacts: files,
    execution_time: 2.5,
  });
  expect(view.run.steps[1]).toMatchObject({ status: "FAILED", error: "too slow", error_code: "timed_out" });
  expect(view.phases).toEqual({});
});

test("the position after the last step is the Assembler's", () => {
  const view = fold([started(1, 2), text(2, 0, "glue")], startLive(runView({ assembler: stepView(2) })));
  expect(view.run.assembler).toMatchObject({ status: "RUNNING", result: "glue" });
});

test("a gap in the durable numbers makes the view doubtful and changes nothing", () => {
  const view = fold([change(1, { kind: "started" }), change(3, { kind: "paused" })]);
  expect(view.doubtful).toBe(true);
  expect(view.run).toMatchObject({ seq: 1, status: "RUNNING", paused: false });
});

describe("a run that stops and goes on", () => {
  const running = [change(1, { kind: "started" }), started(2, 0)];

  test("pauses after its step, and goes on when it is resumed", () => {
    const asked = fold([...running, change(3, { kind: "pause_requested" })]);
    expect(asked.run).toMatchObject({ status: "RUNNING", pause_requested: true, paused: false });
    const paused = fold([change(4, { kind: "paused" })], asked);
    expect(paused.run).toMatchObject({ status: "PENDING", pause_requested: false, paused: true });
    expect(paused.phases).toEqual({});
    expect([isHeld(paused.run), runState(paused.run)]).toEqual([true, "PAUSED"]);
    const resumed = fold([change(5, { kind: "resumed" })], paused);
    expect([isHeld(resumed.run), runState(resumed.run)]).toEqual([false, "PENDING"]);
    expect(fold([change(6, { kind: "started" })], resumed).run.status).toBe("RUNNING");
  });

  test("is put back into the queue when its program stops in good order", () => {
    const parked = fold([...running, change(3, { kind: "requeued" })]);
    expect(runState(parked.run)).toBe("PENDING");
    expect(isHeld(parked.run)).toBe(false);
  });

  test("shows a half-done step as interrupted, then waiting, then written anew", () => {
    const cut = fold([...running, text(0, 0, "half"), change(3, { kind: "interrupted" })]);
    const stateOf = (view: LiveRun) => stepState(view.run, allSteps(view.run)[0] as StepView);
    expect(stateOf(cut)).toBe("INTERRUPTED");
    const resumed = fold([change(4, { kind: "resumed" })], cut);
    expect(stateOf(resumed)).toBe("PENDING");
    const anew = fold(
      [change(5, { kind: "started" }), change(6, { kind: "step_restarted", position: 0 }), started(7, 0)],
      resumed,
    );
    expect([stateOf(anew), outputOf(anew)]).toEqual(["RUNNING", ""]);
  });

  test("is cut off by its end: the step counts as cancelled, and its files are to be fetched", () => {
    const asked = fold([...running, text(0, 0, "half"), change(3, { kind: "cancel_requested" })]);
    expect(asked.run.cancel_requested).toBe(true);
    const ended = fold([change(4, { kind: "finished", status: "CANCELLED", final_artifacts: [] })], asked);
    expect(ended.run).toMatchObject({ status: "CANCELLED", cancel_requested: false });
    expect(ended.run.steps[0]).toMatchObject({ status: "CANCELLED", result: "half" });
    expect(ended.doubtful).toBe(true);
  });
});

test("the time in which a run waits for its user is no time that it took", () => {
  const waits = fold([
    change(1, { kind: "started" }, later(0)),
    change(2, { kind: "paused" }, later(10_000)),
  ]);
  expect(waits.run).toMatchObject({ held_s: 0, held_since: later(10_000) });
  const goesOn = fold(
    [change(3, { kind: "resumed" }, later(90_000)), change(4, { kind: "started" }, later(100_000))],
    waits,
  );
  expect(workedSeconds(goesOn.run, Date.parse(later(103_000)))).toBe(13);
  const end: RunChange = { kind: "finished", status: "SUCCESS", final_artifacts: [] };
  expect(workedSeconds(fold([change(5, end, later(105_000))], goesOn).run, 0)).toBe(15);
});

test("a step that was taken over is done and names the run that did it", () => {
  const files = [artifact("a.py", "x")];
  const reused: RunChange = {
    kind: "step_reused",
    position: 0,
    from: "r0",
    prompt: "do it",
    warnings: [],
    result: "whole ñ",
    artifacts: files,
    finish_reason: "end_of_turn",
    execution_time: 2,
    timings: null,
  };
  const view = fold([change(1, reused), change(2, { kind: "started" }), started(3, 1)]);
  expect(view.run.steps[0]).toMatchObject({
    status: "SUCCESS",
    reused_from: "r0",
    result: "whole ñ",
    artifacts: files,
  });
  expect(view.run.steps[0]).not.toHaveProperty("kind");
  expect(view.bytes[0]).toBe(8);
});

test("a run of another program tells its text only through the journal", () => {
  const journal = (seq: number, offset: number, value: string) =>
    change(seq, { kind: "step_text", position: 0, offset, text: value });
  const view = fold([change(1, { kind: "started" }), started(2, 0), journal(3, 0, "ab"), journal(4, 2, "c")]);
  expect(outputOf(view)).toBe("abc");
  expect(view.phases[0]).toEqual({ kind: "text" });
  // A measured phase is not given up for the journal's copy.
  const measured = fold([text(0, 3, "d", 9), journal(5, 3, "d")], view);
  expect(outputOf(measured)).toBe("abcd");
  expect(measured.phases[0]).toMatchObject({ kind: "writing", generated: 9 });
});

test("a step can run again when the run rests, it has ended, and everything before it is done", () => {
  const done = stepView(0, { status: "SUCCESS" });
  const failed = stepView(1, { status: "FAILED" });
  const can = (status: Status, steps: StepView[], step: StepView, extra = {}) =>
    canRerunFrom(runView({ status, steps, ...extra }), step);
  expect(can("FAILED", [done, failed], failed)).toBe(true);
  expect(can("FAILED", [done, failed], done)).toBe(true);
  expect(can("RUNNING", [done, failed], done)).toBe(false);
  expect(can("PENDING", [done, stepView(1)], done, { paused: true })).toBe(true);
  expect(can("FAILED", [done, failed], stepView(2, { status: "CANCELLED" }))).toBe(false);
});

test("an interrupted run is pending and says so", () => {
  const view = fold([change(1, { kind: "started" }), change(2, { kind: "interrupted" })]);
  expect(view.run).toMatchObject({ status: "PENDING", interrupted: true });
});

describe("edits", () => {
  const result = "the model's words";
  const ended = runView({
    paused: true,
    seq: 5,
    steps: [stepView(0, { status: "SUCCESS", result, artifacts: [artifact("a.js", "1")] }), stepView(1)],
  });
  const edit = (seq: number, value: RunChange): RunEvent => change(seq, value);
  const stepOf = (view: LiveRun): StepView | undefined => view.run.steps[0];

  test("of an output keep the model's own words, however often it is edited", () => {
    const files = [artifact("b.js", "2")];
    const once = fold(
      [edit(6, { kind: "step_edited", position: 0, result: "ñ mine", artifacts: files })],
      startLive(ended),
    );
    expect(stepOf(once)).toMatchObject({ result: "ñ mine", original_result: result, artifacts: files });
    expect(once.bytes[0]).toBe(7);
    const twice = fold([edit(7, { kind: "step_edited", position: 0, result: "again", artifacts: [] })], once);
    expect(stepOf(twice)).toMatchObject({ result: "again", original_result: result });
  });

  test("of artifacts say so, for a step and for the final ones", () => {
    const files = [artifact("renamed.js", "1")];
    const view = fold(
      [
        edit(6, { kind: "artifacts_edited", target: { of: "step", position: 0 }, artifacts: files }),
        edit(7, { kind: "artifacts_edited", target: { of: "final" }, artifacts: files }),
      ],
      startLive(ended),
    );
    expect(stepOf(view)).toMatchObject({ artifacts: files, artifacts_edited: true, result });
    expect(view.run).toMatchObject({ final_artifacts: files, final_artifacts_edited: true });
    const back = edit(8, { kind: "artifacts_edited", target: { of: "final" }, artifacts: [], edited: false });
    expect(fold([back], view).run).toMatchObject({ final_artifacts: [], final_artifacts_edited: false });
  });

  test("of a kind that the page does not know make it ask again", () => {
    expect(fold([edit(6, { kind: "painted_blue" } as unknown as RunChange)], startLive(ended)).doubtful).toBe(
      true,
    );
  });
});
