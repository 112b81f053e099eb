import { describe, expect, test } from "vitest";
import { artifact, runView } from "@/test/fixtures";
import { type LiveRun, reduceRun, startLive } from "./runView";
import { reported } from "./stepReport";
import type { Attempt, Conflict, GateFinding, RunChange, RunEvent, StepReport } from "./types";

const AT = "2026-01-01T10:00:00.000Z";
const FINDING: GateFinding = { kind: "syntax", artifact: "a.js", line: 2, message: "`(` is never closed." };
const CONFLICT: Conflict = { kind: "same_name", name: "a.js", steps: ["one", "two"] };

const attempt = (result: string, ...findings: GateFinding[]): Attempt => ({
  result,
  artifacts: [],
  findings,
  finish_reason: "end_of_turn",
  timings: {
    load_ms: 0,
    prompt_ms: 1,
    generate_ms: 1,
    prompt_tokens: 1,
    cached_tokens: 0,
    generated_tokens: 3,
  },
});
const report = (extra: Partial<StepReport> = {}): StepReport => ({
  extractor_version: 2,
  source: "blocks",
  ...extra,
});
const finished = (extra: Partial<StepReport>): RunChange => ({
  kind: "step_finished",
  position: 0,
  outcome: { status: "SUCCESS", finish_reason: "end_of_turn" },
  result: "kept",
  artifacts: [],
  execution_time: 1,
  timings: null,
  report: report(extra),
});

const STARTED: RunChange = { kind: "step_started", position: 0, prompt: "p", warnings: [] };
const text = (offset: number, value: string): RunChange => ({
  kind: "step_text",
  position: 0,
  offset,
  text: value,
});
const tried = (value: Attempt): RunChange => ({ kind: "step_attempted", position: 0, attempt: value });

/** The view after these changes, which are numbered on from the view's. */
function fold(changes: RunChange[], from: LiveRun = startLive(runView({ status: "RUNNING" }))): LiveRun {
  const events = changes.map(
    (change, index): RunEvent => ({
      run_id: "r1",
      seq: from.run.seq + index + 1,
      at: AT,
      event: "change",
      change,
    }),
  );
  return events.reduce(reduceRun, from);
}
const first = (view: LiveRun) => view.run.steps[0];

describe("a step with a gate", () => {
  const bad = attempt("bad text", FINDING);
  const repairing = [STARTED, text(0, "bad text"), tried(bad)];

  test("voids the text of an attempt, so that the next one begins at its first byte", () => {
    const view = fold(repairing);
    expect(first(view)).toMatchObject({ status: "RUNNING", result: "", report: { attempts: [bad] } });
    expect(view.phases[0]).toBeUndefined();
    const next = fold([text(0, "good")], view);
    expect(first(next)?.result).toBe("good");
    expect(next.doubtful).toBe(false);
  });

  test("keeps its attempts when it ends, and says whether the kept one passed", () => {
    const good = attempt("good");
    const passed = first(fold([...repairing, text(0, "good"), tried(good), finished({ kept: 1 })]));
    expect(passed).toMatchObject({ gate_passed: true, report: { kept: 1, extractor_version: 2 } });
    expect(passed?.report.attempts).toEqual([bad, good]);
    expect(first(fold([...repairing, finished({ kept: 0 })]))?.gate_passed).toBe(false);
    expect(first(fold([STARTED, finished({})]))?.gate_passed).toBeNull();
  });

  test("forgets them when it starts over", () => {
    const again = first(fold([...repairing, { kind: "step_restarted", position: 0 }]));
    expect(again).toMatchObject({ status: "PENDING", gate_passed: null });
    expect(again?.report.attempts).toBeUndefined();
  });

  test("shows those of the run that it was taken over from", () => {
    const reused: RunChange = {
      kind: "step_reused",
      position: 0,
      from: "earlier",
      prompt: "p",
      warnings: [],
      result: "kept",
      artifacts: [],
      finish_reason: "end_of_turn",
      execution_time: 1,
      timings: null,
      report: report({ attempts: [bad], kept: 0 }),
    };
    expect(first(fold([reused]))).toMatchObject({
      reused_from: "earlier",
      gate_passed: false,
      report: { kept: 0 },
    });
  });
});

test("conflicts that the Assembler was told stay in its report", () => {
  const started: RunChange = { ...STARTED, position: 2, conflicts: [CONFLICT] };
  const view = fold([started, { ...finished({}), position: 2 } as RunChange]);
  expect(view.run.assembler.report.conflicts).toEqual([CONFLICT]);
});

test("an edited output and files found anew bring reports of their own", () => {
  const done = fold([STARTED, finished({ unclosed: true })]);
  const files = [artifact("a.js", "x")];
  const edited = fold(
    [
      {
        kind: "step_edited",
        position: 0,
        result: "mine",
        artifacts: files,
        report: report({ source: "whole" }),
      },
    ],
    done,
  );
  expect(first(edited)).toMatchObject({
    result: "mine",
    original_result: "kept",
    report: { source: "whole" },
  });
  expect(first(edited)?.report.unclosed).toBeUndefined();
  const anew = fold(
    [{ kind: "step_reread", position: 0, artifacts: files, report: report({ extractor_version: 9 }) }],
    done,
  );
  expect(first(anew)).toMatchObject({
    result: "kept",
    artifacts: files,
    artifacts_edited: false,
    report: { extractor_version: 9 },
  });
});

test("the end of a run says how its final pieces came about, and the user's choice changes them", () => {
  const pieces = [artifact("a.js", "x")];
  const ended = fold([
    {
      kind: "finished",
      status: "SUCCESS",
      error: null,
      final_artifacts: pieces,
      final_artifacts_from: "steps",
      assembly: { fallback: true, conflicts: [CONFLICT] },
    },
  ]);
  expect(ended.run.assembly).toEqual({ fallback: true, conflicts: [CONFLICT] });
  const theirs = [artifact("a.js", "y")];
  const edited = fold([{ kind: "artifacts_edited", target: { of: "final" }, artifacts: [] }], ended);
  expect(edited.run.final_artifacts_edited).toBe(true);
  const chosen = fold([{ kind: "final_chosen", from: "assembler", artifacts: theirs }], edited);
  expect(chosen.run).toMatchObject({
    final_artifacts: theirs,
    final_artifacts_from: "assembler",
    final_artifacts_edited: false,
    assembly: { fallback: true },
  });
  expect(chosen.doubtful).toBe(false);
});

test("what a later report leaves out is kept from the earlier one", () => {
  const before = report({ attempts: [attempt("a")], kept: 0, continuations: 2, conflicts: [CONFLICT] });
  expect(reported(before, report({ continuations: 1 }))).toEqual({ ...before });
  expect(reported(undefined, undefined)).toEqual({ extractor_version: 0, source: "blocks" });
});
