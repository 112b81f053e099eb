import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Toaster } from "sonner";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Pipeline } from "@/api/types";
import { PromptEditor } from "@/components/editors";
import { pipeline, runView, step } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { DesignScreen, Editor, Gallery } from "./DesignScreen";
import { useDraft } from "./draft";
import { cardOf } from "./problems";

const TEMPLATE = {
  ...pipeline(step("analyze"), step("generate", { model_type: "CodeGemma" })),
  id: "react",
  description: "Makes forms",
};
const VALID = { valid: true, diagnostics: [] };

const answers = (extra = {}) => ({
  "GET /templates": { templates: [TEMPLATE] },
  "GET /models": { models: [], files: [] },
  "GET /projects": { projects: [{ id: "p1", name: "Shop" }] },
  "POST /validate": VALID,
  "POST /projects/p1/execute": () => runView({ run_id: "new" }),
  "POST /pipelines": ({ document }: { document: Pipeline }) => ({
    id: "doc",
    project_id: "p1",
    name: document.name,
    version: 1,
    document,
    created_at: "2026-01-01T10:00:00Z",
    updated_at: "2026-01-01T10:00:00Z",
  }),
  "PUT /pipelines/doc/draft": ({ seq }: { seq: number }) => ({ saved_at: "2026-01-01T10:00:00Z", seq }),
  "GET /runs/new": runView({ run_id: "new", status: "SUCCESS" }),
  "GET /pipelines": { pipelines: [] },
  ...extra,
});

// Compiling a part for the first time takes seconds on a busy machine.
beforeAll(() => Promise.all([Gallery, Editor, PromptEditor].map((part) => part.preload())));
beforeEach(() => useDraft.setState({ pipeline: null, keys: [], choosing: false, selected: "context" }));
afterEach(() => vi.unstubAllGlobals());

async function openTemplate() {
  await userEvent.click(await screen.findByTestId("template-react"));
}

test("from a template through its context to a run", async () => {
  const calls = serveApi(answers());
  const onStarted = vi.fn();
  renderApp(<DesignScreen onStarted={onStarted} />);
  await openTemplate();
  const value = screen.getByTestId("context-framework");
  await userEvent.clear(value);
  await userEvent.type(value, "vue");
  await userEvent.click(screen.getByTestId("run-button"));
  await waitFor(() => expect(onStarted).toHaveBeenCalledWith("new"));
  const sent = calls.find((call) => call.path.includes("/execute"))?.body as Pipeline;
  expect(sent.global_context).toEqual({ framework: "vue" });
  expect(sent).not.toHaveProperty("id");
});

test("a step is edited, duplicated, moved and deleted with a way back", async () => {
  serveApi(answers());
  renderApp(
    <>
      <DesignScreen onStarted={vi.fn()} />
      <Toaster />
    </>,
  );
  await openTemplate();
  // A plain click: the canvas's own dragging needs a real pointer.
  fireEvent.click(screen.getByTestId("step-1"));
  const tokens = screen.getByTestId("max-tokens");
  await userEvent.clear(tokens);
  await userEvent.type(tokens, "64");
  expect(useDraft.getState().pipeline?.steps[1]?.parameters).toEqual({ max_tokens: 64 });
  await userEvent.click(screen.getByRole("button", { name: "Duplicate generate" }));
  await userEvent.click(screen.getByRole("button", { name: "Move generate_2 up" }));
  const names = () => useDraft.getState().pipeline?.steps.map((one) => one.step_name);
  expect(names()).toEqual(["analyze", "generate_2", "generate"]);
  fireEvent.click(screen.getByTestId("step-0"));
  await userEvent.click(screen.getByRole("button", { name: "Delete analyze" }));
  expect(names()).toEqual(["generate_2", "generate"]);
  expect(await screen.findByText("Done: analyze deleted")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  expect(names()).toEqual(["analyze", "generate_2", "generate"]);
});

test("problems are counted, lead to their step, and stop a run", async () => {
  const diagnostics = [
    {
      severity: "error",
      code: "empty",
      path: "$.steps[1].prompt",
      message: "No prompt.",
      remedy: "Write one.",
    },
  ];
  const calls = serveApi(answers({ "POST /validate": { valid: false, diagnostics } }));
  renderApp(<DesignScreen onStarted={vi.fn()} />);
  await openTemplate();
  const button = await screen.findByTestId("problems-button");
  await waitFor(() => expect(button.textContent).toContain("1 problem"));
  await userEvent.click(button);
  await userEvent.click(await screen.findByRole("button", { name: /No prompt\./ }));
  expect(screen.getByTestId("step-inspector").getAttribute("aria-label")).toBe("Step generate");
  await userEvent.click(screen.getByTestId("run-button"));
  expect(calls.some((call) => call.path.includes("/execute"))).toBe(false);
});

test("the Assembler is edited, left out when it is as built in, and its faults lead to it", async () => {
  const fault = {
    severity: "error",
    code: "out_of_range",
    path: "$.assembler.parameters.max_tokens",
    message: "Too long.",
    remedy: "Use less.",
  };
  serveApi(answers({ "POST /validate": { valid: false, diagnostics: [fault] } }));
  renderApp(<DesignScreen onStarted={vi.fn()} />);
  await openTemplate();
  await userEvent.click(screen.getByTestId("problems-button"));
  await userEvent.click(await screen.findByRole("button", { name: /Too long\./ }));
  const inspector = screen.getByTestId("assembler-inspector");
  expect(inspector.textContent).toContain("Too long.");
  expect(inspector.querySelector(".cm-placeholder")?.textContent).toBe("Built-in instruction");
  const assembler = () => useDraft.getState().pipeline?.assembler;
  const tokens = screen.getByTestId("max-tokens");
  await userEvent.clear(tokens);
  await userEvent.type(tokens, "64");
  await userEvent.click(screen.getByRole("button", { name: /Seed, top-p/ }));
  await userEvent.type(screen.getByTestId("seed"), "5");
  expect(assembler()).toEqual({ parameters: { max_tokens: 64, temperature: 0.3, seed: 5 } });
  useDraft.getState().editAssembler({ prompt: "Join them." });
  expect(assembler()?.prompt).toBe("Join them.");
  useDraft.getState().editAssembler({ prompt: undefined });
  expect(assembler()).not.toHaveProperty("prompt");
  await userEvent.clear(screen.getByTestId("seed"));
  await userEvent.clear(tokens);
  await userEvent.type(tokens, "2048");
  expect(useDraft.getState().pipeline).not.toHaveProperty("assembler");
});

test("a diagnostic is placed on the card that its path names", () => {
  expect(cardOf("$.assembler.prompt", ["a"])).toBe("assembler");
  expect(cardOf("$.global_context.assembler", ["a"])).toBe("context");
  expect(cardOf("$.steps[0].context.assembler", ["a"])).toBe("a");
});
