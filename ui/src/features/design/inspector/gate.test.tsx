import { EditorView } from "@codemirror/view";
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Diagnostic, Gate, Pipeline } from "@/api/types";
import { expectAccessible } from "@/test/axe";
import { pipeline, settings, step } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { useBudgetState } from "../budget";
import { compareDocuments } from "../documents/compare";
import { useDraft } from "../draft";
import { Inspector } from "../Inspector";
import { readPipeline } from "../parsePipeline";
import { AssemblerBody, StepBody } from "../StepCard";

const problem = (code: string, path: string, message: string): Diagnostic => ({
  severity: "error",
  code,
  path,
  message,
  remedy: "Mend it.",
});

/** The inspector of a step with this gate, or of the Assembler. */
function open(gate?: Gate, { assembler = false, diagnostics = [] as Diagnostic[] } = {}) {
  serveApi({
    "GET /projects": { projects: [] },
    "GET /models": { models: [], files: [] },
    "GET /settings": settings({ gate_commands: ["npx tsc"] }),
  });
  useDraft.getState().open(pipeline(step("write", gate && { gate })));
  useDraft.getState().select(assembler ? "assembler" : (useDraft.getState().keys[0] ?? ""));
  return renderApp(<Shown diagnostics={diagnostics} />);
}

function Shown({ diagnostics }: { diagnostics: Diagnostic[] }) {
  const draft = useDraft((state) => state.pipeline);
  const first = draft?.steps[0];
  if (!draft || !first) return null;
  return (
    <>
      <StepBody step={first} position={0} id="0" />
      <AssemblerBody pipeline={draft} />
      <Inspector pipeline={draft} diagnostics={diagnostics} />
    </>
  );
}

const edited = () => useDraft.getState().pipeline as Pipeline;
const gate = () => edited().steps[0]?.gate;
const user = userEvent.setup();

beforeEach(() => useBudgetState.setState({ answer: null, counting: false, error: null }));
afterEach(() => vi.unstubAllGlobals());

test("a gate is switched on as the router writes it, marks the node, and is undone like every edit", async () => {
  open();
  expect(screen.queryByTestId("gate-mark-0")).toBeNull();
  await user.click(screen.getByTestId("gate-on"));
  expect(gate()).toEqual({ repairs: 1, continuations: 1 });
  expect(within(screen.getByTestId("gate-mark-0")).getByRole("img").getAttribute("aria-label")).toBe(
    "This step has a gate",
  );
  useDraft.getState().undo();
  await waitFor(() => expect(screen.queryByTestId("gate-mark-0")).toBeNull());
  expect(edited().steps[0]).not.toHaveProperty("gate");
  expect(useDraft.getState().said).toMatchObject({ kind: "undid", label: "gate", name: "write" });
  useDraft.getState().redo();
  await user.click(await screen.findByTestId("gate-on"));
  expect(edited().steps[0]).not.toHaveProperty("gate");
});

test("switches and numbers change the gate, and what is as built in is left out", async () => {
  open({ repairs: 1, continuations: 1 });
  await user.click(screen.getByTestId("gate-syntax"));
  await user.click(screen.getByTestId("gate-required"));
  expect(gate()).toEqual({ repairs: 1, continuations: 1, syntax: false, required: true });
  await user.click(screen.getByTestId("gate-syntax"));
  await user.click(screen.getByTestId("gate-required"));
  await user.clear(screen.getByLabelText("Repairs"));
  await user.type(screen.getByLabelText("Repairs"), "5");
  expect(gate()).toEqual({ repairs: 5, continuations: 1 });
  await user.type(screen.getByLabelText("Repairs"), "0");
  expect(gate()?.repairs).toBe(5);
  expect(screen.getByTestId("gate-repairs").getAttribute("aria-invalid")).toBe("true");
  await user.clear(screen.getByLabelText("Continuations"));
  await user.type(screen.getByLabelText("Continuations"), "8");
  expect(gate()?.continuations).toBe(8);
});

test("a command is kept as words, and it is said whether the settings allow it", async () => {
  open({ repairs: 1, continuations: 1 });
  const field = screen.getByTestId("gate-command");
  await user.type(field, "npx tsc --noEmit");
  expect(gate()?.command).toEqual(["npx", "tsc", "--noEmit"]);
  const state = screen.getByTestId("gate-command-state");
  await waitFor(() => expect(state.textContent).toContain("The settings allow this command."));
  await user.clear(field);
  await user.type(field, 'sh -c "a b');
  expect(gate()?.command).toEqual(["sh", "-c"]);
  expect(state.textContent).toBe("A quote is never closed.");
  await user.type(field, '"');
  expect(gate()?.command).toEqual(["sh", "-c", "a b"]);
  expect(state.textContent).toContain("do not allow this command yet");
  expect(within(state).getByRole("link").getAttribute("href")).toBe("#/settings/gates");
  await user.type(screen.getByTestId("gate-timeout"), "9");
  expect(gate()?.timeout_s).toBe(9);
  await user.clear(field);
  expect(gate()).toEqual({ repairs: 1, continuations: 1 });
  expect(screen.queryByTestId("gate-timeout")).toBeNull();
});

test("a JSON Schema is edited as text, and what is no object stays in the field", async () => {
  open({ repairs: 1, continuations: 1 });
  await user.click(screen.getByTestId("gate-schema"));
  expect(gate()?.json_schema).toEqual({ type: "object" });
  const part = screen.getByTestId("gate-schema-text");
  await waitFor(() => within(part).getByRole("textbox", { name: "JSON Schema" }));
  const write = (text: string) =>
    act(() => {
      const view = EditorView.findFromDOM(part.querySelector(".cm-editor") as HTMLElement);
      view?.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    });
  write('{"type": "array"}');
  expect(gate()?.json_schema).toEqual({ type: "array" });
  write("[]");
  expect(within(part).getByRole("status").textContent).toContain("A schema is an object");
  write('{"type":');
  expect(within(part).getByRole("status").textContent).toContain("line 1, column 9");
  expect(gate()?.json_schema).toEqual({ type: "array" });
  await user.click(screen.getByTestId("gate-schema"));
  expect(gate()).toEqual({ repairs: 1, continuations: 1 });
});

test("what the router finds in the gate stands at its field", async () => {
  const path = "$.steps[0].gate";
  const diagnostics = [
    problem("invalid_schema", `${path}.json_schema`, "This is no JSON Schema."),
    problem("command_not_allowed", `${path}.command`, "Not allowed: rm."),
    problem("empty_gate", path, "The gate checks nothing."),
  ];
  const { container } = open({ syntax: false, json_schema: {}, command: ["rm"] }, { diagnostics });
  const section = screen.getByTestId("section-gate");
  for (const { message } of diagnostics) expect(within(section).getByText(message)).toBeTruthy();
  await waitFor(() => within(section).getByRole("textbox", { name: "JSON Schema" }));
  await expectAccessible(container);
});

test("pieces are joined without a model, and the card says so", async () => {
  open(undefined, { assembler: true });
  expect(screen.getByTestId("section-prompt")).toBeTruthy();
  await user.click(screen.getByRole("radio", { name: "Without a model" }));
  expect(edited().assembler).toEqual({ mode: "deterministic" });
  expect(screen.getByTestId("join-explained").textContent).toContain("Nothing is generated");
  expect(screen.queryByTestId("section-prompt")).toBeNull();
  expect(screen.getByText("The latest piece of each file, joined without a model")).toBeTruthy();
  await user.click(screen.getByRole("radio", { name: "By the model" }));
  expect(edited()).not.toHaveProperty("assembler");
});

test("versions tell what changed in a gate, and a file with a broken one is refused", () => {
  const before = pipeline(step("write"));
  const after = (value: Gate) => pipeline(step("write", { gate: value }));
  const fields = (from: Pipeline, to: Pipeline) => compareDocuments(from, to).steps[0]?.fields ?? [];
  expect(fields(before, after({})).map(({ field }) => field)).toEqual(["gate.repairs", "gate.continuations"]);
  expect(fields(after({}), after({ repairs: 1, continuations: 1 }))).toEqual([]);
  expect(fields(after({}), after({ command: ["make"] }))).toEqual([
    { field: "gate.command", before: undefined, after: ["make"] },
  ]);
  const read = readPipeline(JSON.stringify({ ...before, steps: [{ ...before.steps[0], gate: true }] }));
  expect("faults" in read && read.faults[0]?.place).toBe("steps[0].gate");
});
