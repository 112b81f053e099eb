import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { expect, test } from "vitest";
import { changeTo } from "@/components/editorText";
import { completeVariables, showNames } from "@/components/promptVariables";
import { pipeline, step } from "@/test/fixtures";
import { promptNames, withPath } from "./inspector/promptNames";
import { nearest, scopeOf, whyUnknown } from "./variables";

const PIPELINE = {
  ...pipeline(
    step("plan", { context: { tone: "dry" } }),
    step("off", { enabled: false, context: { hidden: 1 } }),
    step("write", { inputs: ["plan"], context: { own: { deep: [7] } } }),
    step("check", { inputs: [] }),
  ),
  global_context: { framework: "react", tone: "warm" },
};
const names = (position: number) =>
  scopeOf(PIPELINE, position, { team: "web" }).variables.map((one) => one.path);

test("a prompt knows the contexts and outputs of the steps that it reads, and no others", () => {
  expect(names(2)).toEqual([
    "team",
    "framework",
    "tone",
    "own",
    "own.deep",
    "step_0_output",
    "step_0_artifacts",
  ]);
  expect(names(3)).toEqual(["team", "framework", "tone"]);
  expect(names(4)).toContain("step_3_output");
  const scope = scopeOf(PIPELINE, 2);
  expect(scope.find("tone")).toMatchObject({ value: "dry", origin: { kind: "step", step: "plan" } });
  expect(scope.find("own.deep.0")?.value).toBe(7);
  expect(scope.find("own.deep.1")).toBeUndefined();
  expect(scope.find("own.toString")).toBeUndefined();
  expect(scope.find("step_0_artifacts.0.name")).toBeDefined();
  expect(scope.find("step_0_output.x")).toBeUndefined();
});

test("why a name is unknown, each with its own remedy", () => {
  const why = (position: number, path: string) =>
    whyUnknown(PIPELINE, position, scopeOf(PIPELINE, position), path);
  expect(why(0, "step_2_output")).toEqual({ why: "later", step: "write" });
  expect(why(2, "step_2_output")).toEqual({ why: "later", step: "write" });
  expect(why(2, "step_1_output")).toEqual({ why: "disabled", step: "off" });
  expect(why(3, "step_0_artifacts")).toEqual({ why: "not_read", step: "plan" });
  expect(why(2, "step_9_output")).toEqual({ why: "no_step", count: 4 });
  expect(why(2, "framewrok")).toEqual({ why: "typo", near: "framework" });
  expect(why(2, "className")).toEqual({ why: "nowhere" });
  const { explain } = promptNames(PIPELINE, 2);
  expect(explain("framewrok").fixes.map((fix) => fix.text)).toEqual(["{{ framework }}", undefined]);
  expect(nearest("a", ["b", "cde"])).toBe("b");
  expect(nearest("a", ["cde"])).toBeUndefined();
});

test("a name is put into the context beside what is there", () => {
  expect(withPath({ a: { x: 1 }, b: 2 }, ["a", "y"])).toEqual({ a: { x: 1, y: "" }, b: 2 });
  expect(withPath({ a: 1 }, ["a"])).toEqual({ a: 1 });
});

function complete(text: string) {
  const [doc = "", after = ""] = text.split("|");
  const state = EditorState.create({
    doc: doc + after,
    extensions: showNames(promptNames(PIPELINE, 2)),
  });
  return completeVariables(new CompletionContext(state, doc.length, false));
}

test("names are completed after two braces with where they come from, and the braces are closed once", () => {
  const result = complete("Use {{ fra|");
  expect(result?.from).toBe("Use {{ ".length);
  expect(result?.options.map(({ label, detail }) => `${label}: ${detail}`)).toEqual([
    "framework: context",
    "tone: context of plan",
    "own: this step",
    "own.deep: this step",
    "step_0_output: output of plan",
    "step_0_artifacts: files of plan",
  ]);
  expect(result?.options[0]?.apply).toBe("framework }}");
  expect(complete("Use {{ | }}")?.options[0]?.apply).toBe("framework");
  expect(complete("no braces|")).toBeNull();
});

test("a text from outside changes only what differs", () => {
  expect(changeTo("abcd", "abXd")).toEqual({ from: 2, to: 3, insert: "X" });
  expect(changeTo("aa", "aaa")).toEqual({ from: 2, to: 2, insert: "a" });
  expect(changeTo("same", "same")).toBeUndefined();
});
