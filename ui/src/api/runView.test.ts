import { describe, expect, test } from "vitest";
import { artifact, runView, stepView } from "@/test/fixtures";
import { type LiveRun, reduceRun, startLive } from "./runView";
import type { RunChange, RunEvent } from "./types";

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

test("an interrupted run is pending and says so", () => {
  const view = fold([change(1, { kind: "started" }), change(2, { kind: "interrupted" })]);
  expect(view.run).toMatchObject({ status: "PENDING", interrupted: true });
});
