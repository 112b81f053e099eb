import { expect, test } from "vitest";
import { pipeline, step } from "@/test/fixtures";
import { type ImportFault, readPipeline } from "./parsePipeline";

function faults(value: unknown): ImportFault[] {
  const read = readPipeline(typeof value === "string" ? value : JSON.stringify(value));
  return "faults" in read ? read.faults : [];
}
const places = (value: unknown) => faults(value).map((fault) => fault.place);

test("a pipeline is taken as it is, with fields that nobody knows, and without a template's id", () => {
  const one = { ...pipeline(step("a")), future: { x: 1 } };
  expect(readPipeline(JSON.stringify({ id: "template", ...one }))).toEqual({ pipeline: one });
  expect(readPipeline(`\uFEFF${JSON.stringify(one)}`)).toEqual({ pipeline: one });
});

test("what is no JSON is told with its line and column", () => {
  expect(places('{\n  "name": "x",\n  "steps": [}\n}')).toEqual(["line 3, column 13"]);
  expect(places('{"name": "x"')).toEqual(["line 1, column 13"]);
  expect(faults("  ")[0]?.message).toBe("The file is empty.");
  for (const fault of faults("{")) expect(fault.remedy).not.toBe("");
});

test("every fault of the shape is told at once, each with its path and a remedy", () => {
  expect(places([])).toEqual(["the whole file"]);
  expect(places({})).toEqual(["name", "steps"]);
  const steps = [
    { step_name: "a", model_type: "GPT", prompt: 5 },
    { ...step("b"), parameters: { max_tokens: "many" }, inputs: "a", context: [] },
    "no step",
  ];
  expect(places({ name: 1, steps, global_context: [] })).toEqual([
    "name",
    "global_context",
    "steps[0].model_type",
    "steps[0].prompt",
    "steps[1].context",
    "steps[1].inputs",
    "steps[1].parameters.max_tokens",
    "steps[2]",
  ]);
  expect(faults({ name: "x", steps: [{ ...step("a"), model_type: "GPT" }] })[0]).toMatchObject({
    message: '"GPT" is no role.',
    remedy: "Write one of CodeLlama, CodeGemma, T5Gemma.",
  });
});
