import { expect, test } from "vitest";
import { pipeline, step } from "@/test/fixtures";
import { compareDocuments } from "./compare";
import { exportName, exportText } from "./files";

const kinds = (...args: Parameters<typeof compareDocuments>) =>
  compareDocuments(...args).steps.map(({ kind, name }) => `${kind} ${name}`);

test("the same document in another order of keys, and moved on the canvas, differs in nothing", () => {
  const before = pipeline(step("a", { parameters: { max_tokens: 5, temperature: 0.1 } }));
  const after = {
    metadata: { canvas: { a: [1, 2] } },
    ...pipeline(step("a", { parameters: { temperature: 0.1, max_tokens: 5 }, enabled: true })),
  };
  expect(compareDocuments(before, after).none).toBe(true);
});

test("steps that came, went, moved and changed are told apart", () => {
  const before = pipeline(step("a"), step("b"), step("c"), step("d"));
  expect(kinds(before, pipeline(step("a"), step("b"), step("c")))).toEqual(["removed d"]);
  expect(kinds(before, pipeline(step("x"), step("a"), step("b"), step("c"), step("d")))).toEqual(["added x"]);
  expect(kinds(before, pipeline(step("d"), step("a"), step("b"), step("c")))).toEqual(["moved d"]);
  expect(kinds(before, pipeline(step("a"), step("b", { prompt: "New" }), step("c"), step("d")))).toEqual([
    "changed b",
  ]);
});

test("a step with another name and the same prompt was renamed", () => {
  const [change] = compareDocuments(pipeline(step("a")), pipeline({ ...step("a"), step_name: "z" })).steps;
  expect(change).toMatchObject({ kind: "changed", name: "z", was: "a", fields: [] });
});

test("fields are told one by one with both values", () => {
  const before = pipeline(step("a", { parameters: { max_tokens: 5 }, context: { tone: "dry" } }));
  const after = {
    ...pipeline(step("a", { parameters: { max_tokens: 9 }, inputs: [], pause_after: true, enabled: false })),
    description: "Now with words",
    global_context: { framework: "vue", new: 1 },
    assembler: { prompt: "Join." },
  };
  const changes = compareDocuments(before, after);
  expect(changes.fields).toEqual([{ field: "description", before: undefined, after: "Now with words" }]);
  expect(changes.context).toEqual([
    { field: "framework", before: "react", after: "vue" },
    { field: "new", before: undefined, after: 1 },
  ]);
  expect(changes.steps[0]?.fields).toEqual([
    { field: "parameters.max_tokens", before: 5, after: 9 },
    { field: "context.tone", before: "dry", after: undefined },
    { field: "enabled", before: undefined, after: false },
    { field: "pause_after", before: undefined, after: true },
    { field: "inputs", before: undefined, after: [] },
  ]);
  expect(changes.assembler).toEqual({ fields: [], prompt: { before: "", after: "Join." } });
});

test("an exported file is the whole document but its project, under a name that every system takes", () => {
  const whole = { ...pipeline(step("a")), project_id: "p", metadata: { canvas: { a: [1, 2] } } };
  const { project_id: _, ...rest } = whole;
  expect(JSON.parse(exportText(whole))).toEqual(rest);
  expect(exportName("Café: ¿Qué tal? / v2")).toBe("cafe-que-tal-v2.json");
  expect(exportName("日本")).toBe("pipeline.json");
});
