import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Pipeline, Step } from "@/api/types";
import { pipeline, step } from "@/test/fixtures";
import { HISTORY_LIMIT, placesOf } from "./canvas/history";
import { type Draft, useDraft } from "./draft";

const draft = () => useDraft.getState();
const current = () => draft().pipeline as Pipeline;
const names = () => current().steps.map((one) => one.step_name);
const inputsOf = (name: string) => current().steps.find((one) => one.step_name === name)?.inputs;
/** Positions of the pipeline's keys as they were opened, to see that keys move with their steps. */
const key = (at: number) => draft().keys[at] as string;

function open(...steps: Step[]): void {
  draft().open(pipeline(...steps));
}

beforeEach(() => {
  vi.useRealTimers();
  open(step("a"), step("b"), step("c"));
});

/** Every action that changes the pipeline. */
const EDITS: [string, (draft: Draft) => unknown][] = [
  ["rename", (d) => d.rename("Other")],
  ["editDetails", (d) => d.editDetails({ description: "What it is for" })],
  ["setContext", (d) => d.setContext({ framework: "vue" })],
  ["editAssembler", (d) => d.editAssembler({ prompt: "Join" })],
  ["editStep prompt", (d) => d.editStep(1, { prompt: "New" })],
  ["editStep name", (d) => d.editStep(0, { step_name: "first" })],
  ["editStep role", (d) => d.editStep(0, { model_type: "T5Gemma" })],
  ["editStep pause", (d) => d.editStep(0, { pause_after: true })],
  ["editStep files", (d) => d.editStep(0, { files: ["src/**"] })],
  ["setInputs", (d) => d.setInputs(2, ["a"])],
  ["setEnabled", (d) => d.setEnabled([0, 1], false)],
  ["connect with a move", (d) => d.connect(2, 0)],
  ["disconnect", (d) => d.disconnect(0, 2)],
  ["addStep", (d) => d.addStep(1, "T5Gemma", [10, 20])],
  ["duplicateStep", (d) => d.duplicateStep(0)],
  ["duplicateSteps", (d) => d.duplicateSteps([0, 2])],
  ["moveStep", (d) => d.moveStep(0, 2)],
  ["moveSteps", (d) => d.moveSteps([1, 2], -1)],
  ["removeStep", (d) => d.removeStep(1)],
  ["removeSteps", (d) => d.removeSteps([0, 2])],
  ["restoreStep", (d) => d.restoreStep(1, step("back"), "the-key")],
  ["pasteSteps", (d) => d.pasteSteps(d.copySteps([0, 1]))],
  ["setPositions", (d) => d.setPositions({ a: [1, 2] })],
  ["replace", (d) => d.replace(pipeline(step("x")))],
];

test.each(EDITS)("%s is one entry, undone and done again exactly", (_, change) => {
  draft().setInputs(1, ["a"]);
  const { past } = draft();
  const before = { pipeline: current(), keys: draft().keys };
  change(draft());
  const after = { pipeline: current(), keys: draft().keys };
  expect(after).not.toEqual(before);
  expect(draft().past).toHaveLength(past.length + 1);
  draft().undo();
  expect({ pipeline: current(), keys: draft().keys }).toEqual(before);
  expect(draft().said).toMatchObject({ kind: "undid" });
  draft().redo();
  expect({ pipeline: current(), keys: draft().keys }).toEqual(after);
  expect(draft().said).toMatchObject({ kind: "redid" });
});

test("what changes nothing leaves no entry", () => {
  draft().moveStep(0, 0);
  draft().moveStep(0, 9);
  draft().setEnabled(0, true);
  draft().autoLayout();
  draft().editStep(7, { prompt: "nobody" });
  expect(draft().past).toEqual([]);
  draft().undo();
  draft().redo();
  expect(names()).toEqual(["a", "b", "c"]);
});

test("a new edit takes the place of what was undone", () => {
  draft().rename("One");
  draft().undo();
  draft().setContext({});
  expect(draft().future).toEqual([]);
});

describe("typing", () => {
  const type = (text: string) => {
    for (let end = 1; end <= text.length; end++) draft().editStep(0, { prompt: text.slice(0, end) });
  };

  test("in one field is one entry until there is a pause", () => {
    vi.useFakeTimers();
    type("one");
    expect(draft().past).toHaveLength(1);
    expect(draft().past[0]?.patches).toHaveLength(1);
    vi.advanceTimersByTime(1500);
    type("two");
    expect(draft().past).toHaveLength(2);
    draft().undo();
    expect(current().steps[0]?.prompt).toBe("one");
    draft().undo();
    expect(current().steps[0]?.prompt).toBe("Prompt of a");
  });

  test("in another field, in another step or after an undo begins another entry", () => {
    type("x");
    draft().editStep(1, { prompt: "y" });
    draft().editStep(1, { parameters: { max_tokens: 9 } });
    expect(draft().past).toHaveLength(3);
    draft().undo();
    draft().redo();
    draft().editStep(1, { parameters: { max_tokens: 10 } });
    expect(draft().past).toHaveLength(4);
  });

  test("of choices is never joined", () => {
    draft().editStep(0, { model_type: "T5Gemma" });
    draft().editStep(0, { model_type: "CodeGemma" });
    expect(draft().past).toHaveLength(2);
  });
});

test("the history keeps its newest entries", () => {
  for (let count = 0; count < HISTORY_LIMIT + 5; count++) draft().addStep(0);
  expect(draft().past).toHaveLength(HISTORY_LIMIT);
});

describe("inputs", () => {
  beforeEach(() => open(step("a"), step("b", { inputs: ["a"] }), step("c", { inputs: ["a", "b"] })));

  test("follow a step to its new name", () => {
    draft().editStep(0, { step_name: "first" });
    expect(inputsOf("b")).toEqual(["first"]);
    expect(inputsOf("c")).toEqual(["first", "b"]);
  });

  test("follow it too when another step's name is passed while it is typed", () => {
    open(step("step"), step("x"), step("c", { inputs: ["step", "x"] }));
    for (const text of ["", "s", "st", "ste", "step", "step_", "step_2"])
      draft().editStep(1, { step_name: text });
    expect(inputsOf("c")).toEqual(["step", "step_2"]);
    draft().undo();
    expect(inputsOf("c")).toEqual(["step", "x"]);
    expect(names()).toEqual(["step", "x", "c"]);
  });

  test("that are not before their reader any more go, and it is said", () => {
    draft().moveStep(0, 2);
    expect(names()).toEqual(["b", "c", "a"]);
    expect(inputsOf("b")).toEqual([]);
    expect(inputsOf("c")).toEqual(["b"]);
    expect(draft().said).toMatchObject({
      kind: "did",
      lost: [
        { step: "b", input: "a" },
        { step: "c", input: "a" },
      ],
    });
    draft().undo();
    expect(inputsOf("c")).toEqual(["a", "b"]);
  });

  test("of a deleted step go with it", () => {
    draft().removeStep(0);
    expect(inputsOf("b")).toEqual([]);
    expect(inputsOf("c")).toEqual(["b"]);
    expect(draft().said).toMatchObject({
      label: "remove",
      name: "a",
      lost: [{ input: "a" }, { input: "a" }],
    });
  });

  test("that name no step at all are left for the check to find", () => {
    open(step("a"), step("b", { inputs: ["typo"] }));
    draft().moveStep(0, 1);
    expect(inputsOf("b")).toEqual(["typo"]);
  });
});

describe("connecting", () => {
  test("adds to the inputs that there are, in the order of the steps", () => {
    open(step("a"), step("b"), step("c", { inputs: ["b"] }));
    expect(draft().connect(0, 2)).toMatchObject({ kind: "added" });
    expect(inputsOf("c")).toEqual(["a", "b"]);
    expect(draft().connect(0, 2)).toMatchObject({ kind: "already" });
  });

  test("with a step that reads all before it says that it does", () => {
    expect(draft().connect(0, 2)).toMatchObject({ kind: "already" });
    expect(draft().past).toEqual([]);
  });

  test("from a later step moves it, and what it needs, before the reader", () => {
    open(step("a"), step("b", { inputs: [] }), step("c", { inputs: [] }), step("d", { inputs: ["c"] }));
    expect(draft().connect(3, 1)).toMatchObject({ kind: "moved" });
    expect(names()).toEqual(["a", "c", "d", "b"]);
    expect(inputsOf("b")).toEqual(["d"]);
    expect(inputsOf("d")).toEqual(["c"]);
  });

  test("in a circle is refused with the step in between", () => {
    open(step("a", { inputs: [] }), step("b", { inputs: ["a"] }), step("c", { inputs: ["b"] }));
    expect(draft().connect(2, 0)).toEqual({ kind: "loop", names: ["c", "b"] });
    expect(names()).toEqual(["a", "b", "c"]);
  });

  test("undone by deleting the line leaves the others", () => {
    draft().disconnect(1, 2);
    expect(inputsOf("c")).toEqual(["a"]);
    draft().disconnect(0, 2);
    expect(inputsOf("c")).toEqual([]);
    draft().setInputs(2, null);
    expect(current().steps[2]).not.toHaveProperty("inputs");
  });
});

describe("places", () => {
  beforeEach(() => draft().setPositions({ a: [0, 0], b: [0, 200], c: [0, 400] }));

  test("follow names, copies and deletions", () => {
    draft().editStep(0, { step_name: "first" });
    draft().duplicateStep(1);
    draft().removeStep(3);
    expect(placesOf(current())).toEqual({ first: [0, 0], b: [0, 200], b_2: [40, 240] });
  });

  test("go when the canvas arranges itself again, and come back with undo", () => {
    draft().autoLayout();
    expect(current()).not.toHaveProperty("metadata");
    draft().undo();
    expect(placesOf(current())).toEqual({ a: [0, 0], b: [0, 200], c: [0, 400] });
  });
});

describe("several steps", () => {
  test("move as far as they can, together", () => {
    draft().moveSteps([0, 2], -1);
    expect(names()).toEqual(["a", "c", "b"]);
    draft().moveSteps([0, 1], -1);
    expect(names()).toEqual(["a", "c", "b"]);
  });

  test("are pasted under free names, reading each other's copies", () => {
    open(step("a"), step("b", { inputs: ["a"] }));
    const text = draft().copySteps([1, 0]);
    draft().select("context");
    expect(draft().pasteSteps(text)).toBe(true);
    expect(names()).toEqual(["a", "b", "a_2", "b_2"]);
    expect(inputsOf("b_2")).toEqual(["a_2"]);
    expect(draft().chosen).toEqual([key(2), key(3)]);
    expect(draft().pasteSteps("no JSON")).toBe(false);
    expect(draft().pasteSteps('{"steps":[{"step_name":"x"}]}')).toBe(false);
  });

  test("selected at once keep one that the inspector shows", () => {
    draft().selectMany([key(0), key(2)]);
    expect(draft().selected).toBe(key(2));
    draft().removeSteps([0, 2]);
    expect(draft().selected).toBe(key(0));
    expect(names()).toEqual(["b"]);
    draft().removeStep(0);
    expect(draft().selected).toBe("context");
  });
});

describe("a history that is kept", () => {
  const restart = () => {
    const stored = JSON.parse(JSON.stringify({ document: current(), editor: draft().exportHistory() }));
    draft().open(stored.document);
    return stored.editor;
  };

  test("goes on after a restart where it stopped", () => {
    draft().removeStep(1);
    draft().rename("Renamed");
    draft().undo();
    draft().select(key(1));
    const keys = draft().keys;
    const editor = restart();
    expect(draft().past).toEqual([]);
    expect(draft().importHistory(editor)).toBe(true);
    expect(draft().keys).toEqual(keys);
    expect(draft().selected).toBe(keys[1]);
    draft().redo();
    expect(current().name).toBe("Renamed");
    draft().undo();
    draft().undo();
    expect(names()).toEqual(["a", "b", "c"]);
  });

  test("of another state of the pipeline is not taken", () => {
    draft().rename("One");
    const editor = draft().exportHistory();
    draft().rename("Two");
    expect(draft().importHistory(editor)).toBe(false);
    expect(draft().importHistory(null)).toBe(false);
    expect(draft().importHistory({ version: 1, past: "?" })).toBe(false);
    expect(draft().past.length).toBeGreaterThan(0);
  });

  test("is cut to its newest entries when it grows too large to keep", () => {
    for (let count = 0; count < 40; count++)
      draft().editStep(count % 3, { prompt: `${count}`.repeat(60_000) });
    const editor = JSON.stringify(draft().exportHistory());
    expect(editor.length).toBeLessThan(2_000_000);
    expect(draft().importHistory(JSON.parse(editor))).toBe(true);
    expect(draft().past.length).toBeGreaterThan(2);
  });

  test("holds the pipeline alone, so that no output can be undone", () => {
    for (const [, change] of EDITS) change(draft());
    const places = draft().past.flatMap(({ patches, inverse }) =>
      [...patches, ...inverse].map(({ path }) => path[0]),
    );
    expect(new Set(places)).toEqual(new Set(["pipeline", "keys"]));
  });
});
