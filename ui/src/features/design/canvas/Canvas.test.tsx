import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Profiler } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Pipeline } from "@/api/types";
import { onCommandKey } from "@/components/commands";
import { pipeline, runView, step, stepView } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { useDraft } from "../draft";
import { Flow } from "../Flow";
import { placesOf } from "./history";
import { useLive } from "./live";
import { StepStatus } from "./StepStatus";
import { useDesignCommands } from "./useDesignCommands";
import { useView } from "./view";

const current = () => useDraft.getState().pipeline as Pipeline;
const names = () => current().steps.map((one) => one.step_name);

beforeEach(() => {
  serveApi({ "GET /models": { models: [], files: [] } });
  useView.setState({ look: "canvas", renaming: null, problems: {}, minimap: null });
  useLive.setState({ run: null, steps: {} });
  useDraft.getState().open(pipeline(step("a"), step("b", { inputs: ["a"] }), step("c")));
  window.addEventListener("keydown", onCommandKey);
});
afterEach(() => {
  window.removeEventListener("keydown", onCommandKey);
  vi.unstubAllGlobals();
});

function Screen() {
  useDesignCommands();
  const shown = useDraft((draft) => draft.pipeline) as Pipeline;
  return <Flow pipeline={shown} />;
}

/** The element of the canvas that takes the focus for a node. */
const node = (testId: string) =>
  screen.getByTestId(testId).closest<HTMLElement>(".react-flow__node") as HTMLElement;

async function show() {
  renderApp(<Screen />);
  await screen.findByTestId("step-0");
  return userEvent.setup();
}

test("nodes and lines are named for those who do not see them", async () => {
  await show();
  expect(node("step-1").getAttribute("aria-label")).toBe("Step 2, b, CodeLlama, on");
  expect(node("assembler-card").getAttribute("aria-label")).toBe("Assembler");
  expect(node("step-1").getAttribute("aria-roledescription")).toBe("node");
  expect(within(screen.getByTestId("step-0")).getByText("Prompt of a")).toBeTruthy();
});

test("a node shows what was typed last", async () => {
  await show();
  // Two edits at once: the second one must not be taken for what the first one drew.
  act(() => {
    useDraft.getState().editStep(0, { prompt: "First words" });
    useDraft.getState().editStep(0, { prompt: "Other words" });
  });
  expect(within(screen.getByTestId("step-0")).getByText("Other words")).toBeTruthy();
  act(() => useDraft.getState().setContext({ styling: "plain CSS" }));
  expect(within(screen.getByTestId("context-card")).getByText("plain CSS")).toBeTruthy();
});

test("a step that is off, that pauses the run, and that has faults says so", async () => {
  useDraft.getState().setEnabled(2, false);
  useDraft.getState().editStep(0, { pause_after: true });
  const fault = {
    severity: "error" as const,
    code: "x",
    path: "$.steps[0].prompt",
    message: "Too short.",
    remedy: "Write more.",
  };
  const user = await show();
  act(() => useView.setState({ problems: { [useDraft.getState().keys[0] as string]: [fault] } }));
  expect(node("step-2").getAttribute("aria-label")).toBe("Step 3, c, CodeLlama, off");
  expect(within(screen.getByTestId("step-0")).getByRole("img", { name: /pauses after/ })).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "1 problem of a" }));
  expect((await screen.findByText("Too short.")).closest(".diagnostic")?.textContent).toContain(
    "Write more.",
  );
});

test("arrows go from node to node, Shift moves one, Alt changes its order", async () => {
  const user = await show();
  node("context-card").focus();
  await user.keyboard("{ArrowDown}");
  await waitFor(() => expect(document.activeElement).toBe(node("step-0")));
  expect(useDraft.getState().selected).toBe(useDraft.getState().keys[0]);
  await user.keyboard("{Shift>}{ArrowRight}{/Shift}");
  expect(Object.keys(placesOf(current()))).toEqual(["@context", "a", "b", "c", "@assembler"]);
  expect(useDraft.getState().past).toHaveLength(1);
  expect(useDraft.getState().past[0]).toMatchObject({ label: "positions", name: "a", count: 1 });
  await user.keyboard("{Alt>}{ArrowDown}{/Alt}");
  expect(names()).toEqual(["b", "a", "c"]);
  await user.keyboard("{Control>}zz{/Control}");
  expect(names()).toEqual(["a", "b", "c"]);
  expect(placesOf(current())).toEqual({});
});

test("F2 renames in place, Escape leaves the name, Enter keeps it", async () => {
  const user = await show();
  act(() => useDraft.getState().select(useDraft.getState().keys[0] as string));
  node("step-0").focus();
  await user.keyboard("{F2}");
  await user.keyboard("nothing{Escape}");
  expect(names()[0]).toBe("a");
  await user.keyboard("{F2}");
  await user.keyboard("first{Enter}");
  expect(names()[0]).toBe("first");
  expect(current().steps[1]?.inputs).toEqual(["first"]);
  expect(document.activeElement).toBe(node("step-0"));
});

test("several nodes are chosen with Space, and deleted, duplicated and switched off together", async () => {
  const user = await show();
  act(() => useDraft.getState().select(useDraft.getState().keys[0] as string));
  node("step-1").focus();
  await user.keyboard(" ");
  expect(useDraft.getState().chosen).toHaveLength(2);
  await user.keyboard("{Control>}{Shift>}e{/Shift}{/Control}");
  expect(current().steps.map((one) => one.enabled)).toEqual([false, false, undefined]);
  await user.keyboard("{Control>}d{/Control}");
  expect(names()).toEqual(["a", "b", "a_2", "b_2", "c"]);
  await user.keyboard("{Delete}");
  expect(names()).toEqual(["a", "b", "c"]);
  await user.keyboard("{Control>}z{/Control}");
  expect(names()).toHaveLength(5);
});

test("steps travel through the clipboard, unless text is being written", async () => {
  await show();
  act(() => useDraft.getState().select(useDraft.getState().keys[1] as string));
  let text = "";
  const clipboardData = { setData: (_: string, value: string) => (text = value), getData: () => text };
  const send = (type: string) => {
    const event = new Event(type, { bubbles: true, cancelable: true });
    document.body.dispatchEvent(Object.assign(event, { clipboardData }));
  };
  act(() => send("copy"));
  expect(JSON.parse(text).steps).toHaveLength(1);
  act(() => send("paste"));
  expect(names()).toEqual(["a", "b", "b_2", "c"]);
  act(() => send("cut"));
  expect(names()).toEqual(["a", "b", "c"]);
});

test("a brick of the palette adds a step of its role after the selected one", async () => {
  const user = await show();
  act(() => useDraft.getState().select(useDraft.getState().keys[0] as string));
  await user.click(screen.getByTestId("add-T5Gemma"));
  expect(names()).toEqual(["a", "new_step", "b", "c"]);
  expect(current().steps[1]?.model_type).toBe("T5Gemma");
  screen.getByTestId("add-CodeLlama").focus();
  await user.keyboard("{Enter}");
  expect(current().steps[2]?.model_type).toBe("CodeLlama");
});

test("the outline does the same with the keyboard", async () => {
  useView.setState({ look: "outline" });
  const user = await show();
  expect(screen.getByTestId("step-1").textContent).toContain("Reads a");
  expect(screen.getByTestId("step-2").textContent).toContain("Reads all 2 steps before it");
  screen.getByTestId("context-card").focus();
  await user.keyboard("{ArrowDown}{Shift>}{ArrowDown}{/Shift}");
  expect(useDraft.getState().chosen).toEqual(useDraft.getState().keys.slice(0, 2));
  expect(document.activeElement).toBe(screen.getByTestId("step-1"));
  await user.keyboard("{Alt>}{ArrowDown}{/Alt}");
  expect(names()).toEqual(["c", "a", "b"]);
  await user.keyboard("{Home}{ArrowDown}{F2}");
  await user.keyboard("first{Enter}");
  expect(names()).toEqual(["first", "a", "b"]);
  expect(document.activeElement).toBe(screen.getByTestId("step-0"));
  await user.keyboard("{Delete}");
  expect(names()).toEqual(["a", "b"]);
});

test("a row is dragged to another place", async () => {
  useView.setState({ look: "outline" });
  await show();
  const rows = document.querySelectorAll<HTMLElement>("[data-row]");
  rows.forEach((row, at) => {
    row.getBoundingClientRect = () => ({ top: at * 100, height: 100 }) as DOMRect;
  });
  const grip = screen.getByTestId("grip-0");
  fireEvent.pointerDown(grip, { button: 0, clientY: 120 });
  fireEvent.pointerMove(grip, { clientY: 390 });
  fireEvent.pointerUp(grip);
  expect(names()).toEqual(["b", "c", "a"]);
  expect(useDraft.getState().past).toHaveLength(1);
});

test("a node tells what the latest run does with its step", async () => {
  const run = runView({ steps: [stepView(0, { step_name: "a" })] });
  useLive.setState({
    run,
    steps: {
      a: {
        state: "RUNNING",
        artifacts: 0,
        phase: { kind: "writing", generated: 12, samples: [], rate: 31 },
        tokens: 12,
        rate: 31,
      },
      b: { state: "SUCCESS", artifacts: 2, seconds: 3.2, tokens: 64 },
    },
  });
  await show();
  expect(screen.getByTestId("status-a").textContent).toBe("Writing 31 tok/s · 12 tokens");
  expect(screen.getByTestId("status-b").textContent).toBe("3.2 s · 64 tokens · 2 files");
  expect(screen.queryByTestId("status-c")).toBeNull();
});

test("a run that goes on redraws the status of its own step and no other", () => {
  const drawn = vi.fn();
  useLive.setState({
    steps: { a: { state: "PENDING", artifacts: 0 }, b: { state: "PENDING", artifacts: 0 } },
  });
  renderApp(
    <Profiler id="b" onRender={drawn}>
      <StepStatus name="b" />
    </Profiler>,
  );
  const { b } = useLive.getState().steps;
  act(() => useLive.setState({ steps: { a: { state: "RUNNING", artifacts: 0 }, ...(b && { b }) } }));
  expect(drawn).toHaveBeenCalledTimes(1);
});

test("an empty pipeline offers the roles", async () => {
  useDraft.getState().open(pipeline());
  renderApp(<Screen />);
  const empty = await screen.findByTestId("flow-empty");
  await userEvent.click(within(empty).getByRole("button", { name: /CodeGemma/ }));
  expect(names()).toEqual(["new_step"]);
});
