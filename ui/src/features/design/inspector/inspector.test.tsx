import { cleanup, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PreviewView, StepPreview } from "@/api/design";
import type { Step } from "@/api/types";
import { pipeline, step } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { AssemblerInspector } from "../AssemblerInspector";
import { useBudgetState } from "../budget";
import { useDraft } from "../draft";
import { Inspector } from "../Inspector";
import { messagePieces, textPieces } from "./promptPieces";
import { useSections } from "./sections";

const PREVIEW: StepPreview = {
  position: 1,
  step_name: "write",
  model_type: "CodeGemma",
  model: { id: "tiny", path: "/models/tiny.gguf" },
  enabled: true,
  estimated: false,
  prompt_tokens: 92,
  known_tokens: 60,
  unknown_tokens: 32,
  max_tokens: 64,
  context_length: 128,
  fits: false,
  parts: [
    { kind: "system", label: null, tokens: 10, known: true },
    { kind: "output", label: "plan", tokens: 32, known: false },
    { kind: "file", label: "src/a.ts", tokens: 20, known: true },
    { kind: "instruction", label: null, tokens: 30, known: true },
  ],
  warnings: [],
  warning_phrases: [],
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Project context:\n- framework: react\n\nPlan it." },
    { role: "assistant", content: "«output of `plan`, up to 32 tokens»" },
    { role: "user", content: "Files:\n\n`src/a.ts`:\n```ts\nx\n```\n\nWrite code.\n\nWrite react now." },
  ],
  text: "<|system|>Be brief.<|user|>Project context:\n- framework: react\n\nPlan it.<|assistant|>«output of `plan`, up to 32 tokens»<|user|>Files:\n\n`src/a.ts`:\n```ts\nx\n```\n\nWrite code.\n\nWrite react now.<|end|>",
};

const answer = (extra: Partial<StepPreview> = {}): PreviewView => ({
  order: ["plan", "write", "assembler"],
  model_loads: 1,
  models: [
    {
      id: "tiny",
      path: "/models/tiny.gguf",
      role_names: ["CodeGemma"],
      size_bytes: 1,
      context_length: 128,
      simulated: false,
      stand_in: true,
    },
  ],
  total_prompt_tokens: 60,
  total_max_tokens: 64,
  steps: [{ ...PREVIEW, ...extra }],
});

const ROUTES = {
  "GET /projects": { projects: [{ id: "p1", name: "Shop", created_at: "2026-01-01T10:00:00Z" }] },
  "GET /models": {
    models: [
      {
        name: "CodeGemma",
        binding: { id: "tiny", path: "/models/tiny.gguf", stand_in: true, simulated: false, present: true },
        recommended_parameters: { max_tokens: 1024, temperature: 0.5 },
      },
    ],
    files: [],
  },
  "POST /projects/p1/preview": answer(),
};

function open(extra: Partial<Step> = {}, routes: Record<string, unknown> = {}) {
  const calls = serveApi({ ...ROUTES, ...routes });
  const write = step("write", { model_type: "CodeGemma", prompt: "Write {{ framework }} now.", ...extra });
  useDraft.getState().open(pipeline(step("plan"), write));
  useDraft.getState().select(useDraft.getState().keys[1] ?? "");
  renderApp(<Shown />);
  return calls;
}

function Shown() {
  const draft = useDraft((state) => state.pipeline);
  return draft && <Inspector pipeline={draft} diagnostics={[]} />;
}

const edited = () => useDraft.getState().pipeline?.steps[1];

beforeEach(() => {
  localStorage.setItem("brickwork.project", "p1");
  useSections.setState(({ open }) => ({ open: { ...open, preview: false } }));
  useBudgetState.setState({ answer: null, counting: false, error: null });
});
afterEach(() => vi.unstubAllGlobals());

test("the budget says what does not fit, and its remedy makes it fit", async () => {
  open();
  const panel = await screen.findByTestId("budget-panel");
  expect(panel.textContent).toContain("156 of 128 tokens");
  expect(panel.textContent).toContain("28 tokens more than the model can hold");
  expect(within(panel).getByText("Outputs to come").textContent).toContain("32");
  await userEvent.click(within(panel).getByRole("button", { name: "Limit the output to 36" }));
  expect(edited()?.parameters?.max_tokens).toBe(36);
  expect(screen.getByTestId("bound-model").textContent).toContain("tiny");
  expect(screen.getByTestId("bound-model").textContent).toContain("stand-in");
});

test("a role without a model is told in the budget's place, with the way to the models", async () => {
  const problem = { code: "not_bound", message: "No model plays CodeGemma.", remedy: "Choose one." };
  open({}, { "POST /projects/p1/preview": answer({ known_tokens: null, parts: [], problem }) });
  const told = await screen.findByTestId("budget-problem");
  expect(told.textContent).toContain("No model plays CodeGemma.");
  expect(within(told).getByRole("link", { name: "Models" }).getAttribute("href")).toBe("#/models");
});

test("the preview shows the exact text with its parts, and marks what is not known yet", async () => {
  const calls = open();
  await userEvent.click(screen.getByRole("button", { name: /^Preview$/, expanded: false }));
  const preview = await screen.findByTestId("prompt-preview");
  expect(preview.textContent).toContain("60 tokens + up to 32");
  // The budget of all steps is asked for as well, whichever comes first.
  const asked = calls.filter((call) => call.path.endsWith("/preview")).map((call) => call.body);
  expect(asked).toContainEqual(expect.objectContaining({ step: "write" }));
  const unknown = preview.querySelector(".piece.share-unknown");
  expect(unknown?.textContent).toBe("«output of `plan`, up to 32 tokens»");
  await userEvent.click(within(preview).getByRole("radio", { name: "Exact text" }));
  expect(within(preview).getByRole("region", { name: "Exact text" }).textContent).toBe(PREVIEW.text);
  expect(within(preview).getByText("src/a.ts").textContent).toBe("src/a.ts");
});

test("a fault of the pipeline stands in the preview's place", async () => {
  const diagnostics = [
    { severity: "error", code: "x", path: "$.steps[1].files[0]", message: "Bad glob.", remedy: "Mend it." },
  ];
  const refused = new Response(JSON.stringify({ code: "invalid", detail: "", diagnostics }), { status: 422 });
  open({ files: ["["] }, { "POST /projects/p1/preview": refused });
  await userEvent.click(screen.getByRole("button", { name: /^Preview$/, expanded: false }));
  expect((await screen.findByTestId("preview-fault")).textContent).toContain("Bad glob. Mend it.");
  const files = screen.getByTestId("section-files");
  await waitFor(() => expect(files.textContent).toContain("Bad glob."));
  expect(screen.getByTestId("pattern-0").getAttribute("aria-invalid")).toBe("true");
});

test("the pieces put together are the text, whatever can be told apart", () => {
  const messages = PREVIEW.messages ?? [];
  const pieces = messagePieces(messages, "Write {{ framework }} now.");
  expect(pieces.map((list) => list.map((piece) => piece.text).join(""))).toEqual(
    messages.map((message) => message.content),
  );
  expect(pieces[3]?.map((piece) => piece.share)).toEqual(["files", "instruction"]);
  expect(pieces[1]?.map((piece) => piece.share)).toEqual(["context", "outputs"]);
  const text = textPieces(PREVIEW.text ?? "", pieces);
  expect(text.map((piece) => piece.text).join("")).toBe(PREVIEW.text);
  const trimmed = "<s>Be brief.</s><u>Plan it.</u>";
  const padded = messagePieces(
    [
      { role: "system", content: "Be brief.\n" },
      { role: "user", content: "\nPlan it. " },
    ],
    "",
  );
  expect(
    textPieces(trimmed, padded)
      .map((piece) => piece.text)
      .join(""),
  ).toBe(trimmed);
});

test("inputs, switches, limits and files change the step and leave no empty fields behind", async () => {
  open();
  await userEvent.click(screen.getByRole("radio", { name: "Chosen steps" }));
  expect(edited()?.inputs).toEqual(["plan"]);
  await userEvent.click(screen.getByTestId("reads-0"));
  expect(edited()?.inputs).toEqual([]);
  await userEvent.click(screen.getByRole("radio", { name: "All before it" }));
  expect(edited()).not.toHaveProperty("inputs");
  await userEvent.click(screen.getByTestId("step-pause"));
  expect(edited()?.pause_after).toBe(true);
  await userEvent.click(screen.getByTestId("step-pause"));
  expect(edited()).not.toHaveProperty("pause_after");
  await userEvent.type(screen.getByTestId("step-timeout"), "90");
  expect(edited()?.timeout_s).toBe(90);
  await userEvent.type(screen.getByTestId("pattern-new"), "src/**/*.ts{Enter}");
  expect(edited()?.files).toEqual(["src/**/*.ts"]);
  expect(screen.getByTestId("section-files").textContent).toContain("need a folder");
  await userEvent.click(screen.getByTestId("step-enabled"));
  expect(edited()?.enabled).toBe(false);
  expect(screen.queryByTestId("budget-panel")).toBeNull();
});

test("a value that is not the recommended one is marked and goes back", async () => {
  open({ parameters: { max_tokens: 64, temperature: 0.5 } });
  const back = await screen.findByRole("button", { name: /back to the recommended 1024/ });
  await userEvent.click(back);
  expect(edited()?.parameters).toEqual({ max_tokens: 1024, temperature: 0.5 });
  expect(screen.queryByRole("button", { name: /back to the recommended/ })).toBeNull();
});

test("continuations are a number or left to the router, which says what it does then", async () => {
  open({ parameters: { temperature: 0.5 } });
  const field = screen.getByTestId<HTMLInputElement>("continuations");
  const hint = screen.getByTestId("continuations-hint");
  expect(field.placeholder).toBe("automatic");
  expect(field.getAttribute("aria-describedby")).toBe(hint.id);
  expect(hint.textContent).toContain("Left empty: once");
  await userEvent.type(screen.getByTestId("max-tokens"), "600");
  expect(hint.textContent).toContain("Left empty: never");
  await userEvent.type(field, "3");
  expect(edited()?.parameters).toEqual({ temperature: 0.5, max_tokens: 600, continuations: 3 });
  expect(hint.textContent).not.toContain("Left empty");
  await userEvent.clear(field);
  expect(edited()?.parameters).not.toHaveProperty("continuations");
  await userEvent.type(field, "9");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(edited()?.parameters).not.toHaveProperty("continuations");
});

test("a step's gate has the field instead, and the Assembler has its own default", () => {
  open({ gate: { repairs: 1, continuations: 1 } });
  expect(screen.getByTestId("continuations-hint").textContent).toContain("said by this step's gate");
  expect(screen.queryByTestId("continuations")).toBeNull();
  const draft = useDraft.getState().pipeline;
  if (!draft) throw new Error("no draft");
  cleanup();
  renderApp(<AssemblerInspector pipeline={draft} diagnostics={[]} />);
  expect(screen.getByTestId("continuations-hint").textContent).toContain("the default of 2048 tokens");
});
