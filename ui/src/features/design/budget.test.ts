import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { design, type PreviewView, type PromptPart, type StepPreview } from "@/api/design";
import { pipeline, step } from "@/test/fixtures";
import {
  askForBudget,
  PAUSE_MS,
  roomFor,
  type StepBudget,
  sharesOf,
  stepBudget,
  useBudgetState,
} from "./budget";
import { budgetProblems } from "./budgetProblems";

const part = (kind: PromptPart["kind"], tokens: number, known = true): PromptPart => ({
  kind,
  label: null,
  tokens,
  known,
});

const view = (step_name: string, position: number, extra: Partial<StepPreview> = {}): StepPreview => ({
  position,
  step_name,
  model_type: "CodeLlama",
  model: null,
  enabled: true,
  estimated: false,
  prompt_tokens: 100,
  known_tokens: 100,
  unknown_tokens: 0,
  max_tokens: 50,
  context_length: 200,
  fits: true,
  parts: [],
  warnings: [],
  warning_phrases: [],
  ...extra,
});

const answer = (...steps: StepPreview[]): PreviewView => ({
  order: [],
  model_loads: 1,
  models: [],
  total_prompt_tokens: 0,
  total_max_tokens: 0,
  steps,
});

const budgetOf = (one: StepPreview): StepBudget => {
  const budget = stepBudget(answer(one), pipeline(step(one.step_name)), one.position);
  if (!budget) throw new Error("the answer holds the step");
  return budget;
};

test("the shares of a window sum up to what the step needs", () => {
  const budget = budgetOf(
    view("a", 0, {
      known_tokens: 100,
      unknown_tokens: 30,
      parts: [
        part("system", 20),
        part("layout", 5),
        part("context", 10),
        part("project_context", 5),
        part("charge", 4),
        part("instruction", 16),
        part("file", 25),
        part("earlier", 5),
        part("output", 10),
        part("output", 30, false),
      ],
    }),
  );
  const shares = sharesOf(budget);
  expect(Object.fromEntries(shares.tokens.map(({ share, tokens }) => [share, tokens]))).toEqual({
    system: 25,
    context: 15,
    files: 25,
    outputs: 15,
    instruction: 20,
    unknown: 30,
    max: 50,
  });
  expect(shares).toMatchObject({ needed: 180, free: 20 });
  expect(roomFor(budget)).toBe(70);
});

test("what parts counted one by one leave over or take too much goes to the system's share", () => {
  const over = sharesOf(budgetOf(view("a", 0, { parts: [part("system", 30), part("instruction", 60)] })));
  expect(over.tokens[0]).toEqual({ share: "system", tokens: 40 });
  const under = sharesOf(
    budgetOf(view("a", 0, { known_tokens: 85, parts: [part("system", 30), part("instruction", 60)] })),
  );
  expect(under.tokens[0]).toEqual({ share: "system", tokens: 25 });
  expect(under.needed).toBe(135);
});

test("a window that is too small has negative room left, and an unknown one none", () => {
  const small = budgetOf(view("a", 0, { context_length: 120, fits: false }));
  expect(sharesOf(small).free).toBe(-30);
  expect(roomFor(small)).toBe(20);
  const unknown = budgetOf(view("a", 0, { context_length: null, fits: null }));
  expect(sharesOf(unknown).free).toBeNull();
  expect(roomFor(unknown)).toBeNull();
});

test("steps are found by name, by place while one is renamed, and never another's", () => {
  const given = answer(view("a", 0), view("b", 1), view("assembler", 2, { model_type: "Assembler" }));
  const name = (position: number, ...steps: Parameters<typeof pipeline>) =>
    stepBudget(given, pipeline(...steps), position)?.view.step_name;
  expect(name(0, step("b"), step("a"))).toBe("b");
  expect(name(0, step("renamed"), step("b"))).toBe("a");
  expect(name(0, step("new"), step("a"), step("b"))).toBeUndefined();
  expect(name(0, step("a", { enabled: false }), step("b"))).toBeUndefined();
  expect(name(3, step("a"), step("x"), step("b"))).toBe("assembler");
  expect(name(7, step("a"))).toBeUndefined();
  expect(stepBudget(null, pipeline(step("a")), 0)).toBeUndefined();
});

beforeEach(() => {
  vi.useFakeTimers();
  useBudgetState.setState({ answer: null, counting: false, error: null });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("typing is counted once, and an answer that was overtaken is ignored", async () => {
  const waiting: ((view: PreviewView) => void)[] = [];
  const preview = vi
    .spyOn(design, "preview")
    .mockImplementation(() => new Promise((resolve) => waiting.push(resolve)));
  const ask = (name: string) =>
    askForBudget({ pipeline: pipeline(step(name)), projectId: "p", runId: undefined });
  ask("a");
  ask("ab");
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  expect(preview).toHaveBeenCalledTimes(1);
  ask("abc");
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  waiting[1]?.(answer(view("abc", 0)));
  await vi.advanceTimersByTimeAsync(0);
  waiting[0]?.(answer(view("ab", 0)));
  await vi.advanceTimersByTimeAsync(0);
  expect(useBudgetState.getState().answer?.steps[0]?.step_name).toBe("abc");
  expect(useBudgetState.getState().counting).toBe(false);
});

test("a fault keeps the last numbers beside it", async () => {
  useBudgetState.setState({ answer: answer(view("a", 0)) });
  vi.spyOn(design, "preview").mockRejectedValue(new Error("down"));
  askForBudget({ pipeline: pipeline(step("q")), projectId: "p", runId: "r" });
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  expect(useBudgetState.getState()).toMatchObject({
    answer: { steps: [{ step_name: "a" }] },
    error: new Error("down"),
  });
});

test("a prompt that does not fit is a problem: an error when it never can, a warning while outputs may be shorter", () => {
  const draft = pipeline(step("long"), step("maybe"), step("fine"));
  const found = budgetProblems(
    answer(
      view("long", 0, { known_tokens: 180, fits: false }),
      view("maybe", 1, { unknown_tokens: 100, fits: false }),
      view("fine", 2),
    ),
    draft,
  );
  expect(found.map(({ path, severity, code }) => [path, severity, code])).toEqual([
    ["$.steps[0].prompt", "error", "does_not_fit"],
    ["$.steps[1].prompt", "warning", "does_not_fit"],
  ]);
  expect(found[0]?.message).toContain("30");
});

test("a model whose output has a limit of its own holds the prompt and the output each by itself", () => {
  const own = { context_length: 200, output_limit: 60 };
  const fits = budgetOf(view("a", 0, { ...own, known_tokens: 190, max_tokens: 60 }));
  expect(sharesOf(fits)).toMatchObject({ needed: 190, free: 10 });
  expect(sharesOf(fits).tokens.some(({ share }) => share === "max")).toBe(false);
  expect(roomFor(fits)).toBe(60);
  const found = budgetProblems(
    answer(
      view("fits", 0, { ...own, known_tokens: 190, max_tokens: 60 }),
      view("source", 1, { ...own, known_tokens: 225, fits: false }),
      view("later", 2, { ...own, known_tokens: 190, unknown_tokens: 30, fits: false }),
      view("output", 3, { ...own, known_tokens: 10, max_tokens: 61, fits: false }),
    ),
    pipeline(step("fits"), step("source"), step("later"), step("output")),
  );
  expect(found.map(({ path, severity, message }) => [path, severity, message.match(/\d+/)?.[0]])).toEqual([
    ["$.steps[1].prompt", "error", "25"],
    ["$.steps[2].prompt", "warning", "20"],
    ["$.steps[3].prompt", "error", "1"],
  ]);
  expect(roomFor(budgetOf(view("a", 0, { ...own, known_tokens: 225 })))).toBe(-25);
});

test("a model that cannot be asked is told once, with what to do", () => {
  const problem = { code: "model_problem", message: "CodeLlama has no model.", remedy: "Get one." };
  const broken = { problem, prompt_tokens: null, known_tokens: null, fits: null };
  const draft = pipeline(step("one"), step("two"));
  const found = budgetProblems(answer(view("one", 0, broken), view("two", 1, broken)), draft);
  expect(found).toMatchObject([{ path: "$.steps[0].prompt", message: problem.message, remedy: "Get one." }]);
});
