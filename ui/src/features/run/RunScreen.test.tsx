import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { startLive } from "@/api/runView";
import type { StepView } from "@/api/types";
import { artifact, runSummary, runView, stepView } from "@/test/fixtures";
import { type Call, renderApp, serveApi } from "@/test/render";
import { FailureCard } from "./FailureCard";
import { RunPanes } from "./RunScreen";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

const actions = { onEdit: vi.fn(), onOpenRun: vi.fn(), onExport: vi.fn() };

const HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
const timings = {
  load_ms: 100,
  prompt_ms: 50,
  generate_ms: 1000,
  prompt_tokens: 10,
  cached_tokens: 8,
  generated_tokens: 31,
};
const doneStep = (position: number, result: string) =>
  stepView(position, { status: "SUCCESS", result, timings, execution_time: 1.15 });

test("a finished run opens on its final files, coloured as text nodes only", async () => {
  serveApi({
    "POST /highlight": {
      language: "JSX",
      styles: ["plain", "keyword"],
      lines: [
        [
          [5, 1],
          [HOSTILE.length, 0],
        ],
      ],
    },
  });
  const run = runView({
    status: "SUCCESS",
    steps: [doneStep(0, "a"), doneStep(1, "b")],
    final_artifacts: [artifact("Form.jsx", `const${HOSTILE}\n`), artifact("form.css", "a{}")],
    final_artifacts_from: "assembler",
  });
  const { container } = renderApp(<RunPanes live={startLive(run)} {...actions} />);
  expect(screen.getByTestId("run-status").dataset.status).toBe("SUCCESS");
  const code = screen.getByTestId("highlighted-code");
  await waitFor(() => expect(code.dataset.highlighted).toBe("true"));
  expect(code.querySelector(".hl-keyword")?.textContent).toBe("const");
  expect(code.textContent).toContain(HOSTILE);
  expect(container.querySelector("img, script")).toBeNull();
  await userEvent.click(screen.getByTestId("artifact-form.css"));
  expect(screen.getByTestId("highlighted-code").textContent).toContain("a{}");
});

test("hostile output is shown as text", async () => {
  serveApi({});
  const run = runView({
    status: "RUNNING",
    steps: [stepView(0, { status: "RUNNING", result: HOSTILE }), stepView(1)],
  });
  const { container } = renderApp(<RunPanes live={startLive(run)} {...actions} />);
  expect(screen.getByTestId("step-output").textContent).toBe(HOSTILE);
  expect(container.querySelector("img, script")).toBeNull();
});

test("a running step shows its phase, and cancel asks the router", async () => {
  const run = runView({
    status: "RUNNING",
    steps: [stepView(0, { status: "RUNNING", result: "x" }), stepView(1)],
  });
  const calls = serveApi({ "POST /runs/r1/cancel": run });
  const live = { ...startLive(run), phases: { 0: { kind: "loading" as const, fraction: 0.43 } } };
  renderApp(<RunPanes live={live} {...actions} />);
  expect(within(screen.getByTestId("step-0")).getByText("Loading 43%")).toBeTruthy();
  await userEvent.click(screen.getByTestId("cancel-button"));
  expect(calls.some((call) => call.method === "POST" && call.path.endsWith("/runs/r1/cancel"))).toBe(true);
});

test("a failed step says what happened and keeps what was written", () => {
  serveApi({});
  const failed = stepView(1, {
    status: "FAILED",
    error: "The prompt has 9000 tokens.",
    error_code: "prompt_too_long",
    result: "half",
  });
  renderApp(
    <RunPanes
      live={startLive(runView({ status: "FAILED", steps: [doneStep(0, "a"), failed] }))}
      {...actions}
    />,
  );
  const card = screen.getByTestId("failure-card");
  expect(card.textContent).toContain("step_1 failed");
  expect(card.textContent).toContain("The prompt has 9000 tokens.");
  expect(card.textContent).toContain("Shorten the prompt");
  expect(screen.getByTestId("step-output").textContent).toBe("half");
});

test("the user's pick stays while the run goes on", async () => {
  serveApi({});
  const run = runView({
    status: "RUNNING",
    steps: [doneStep(0, "first"), stepView(1, { status: "RUNNING", result: "second" })],
  });
  renderApp(<RunPanes live={startLive(run)} {...actions} />);
  expect(screen.getByTestId("step-output").textContent).toBe("second");
  await userEvent.click(screen.getByTestId("step-0"));
  expect(screen.getByTestId("step-output").textContent).toBe("first");
});

test("an interrupted run does not look alive, and can be resumed", async () => {
  const calls = serveApi({ "POST /runs/r1/resume": runView() });
  const run = runView({
    interrupted: true,
    started_at: "2026-01-01T10:00:00Z",
    steps: [stepView(0, { status: "RUNNING", result: "half of it" }), stepView(1)],
  });
  const { container } = renderApp(<RunPanes live={startLive(run)} {...actions} />);
  expect(screen.getByTestId("run-status").textContent).toBe("Interrupted");
  expect(screen.getByTestId("step-0").dataset.status).toBe("INTERRUPTED");
  expect(within(screen.getByTestId("step-0")).getByText("Interrupted")).toBeTruthy();
  expect(within(screen.getByTestId("step-1")).getByText("Not run yet")).toBeTruthy();
  expect(screen.getByTestId("step-output").textContent).toBe("half of it");
  expect(screen.getByTestId("run-interrupted").textContent).toContain(
    "The program that carried out this run ended before it did. What is finished is kept.",
  );
  expect(screen.getByTestId("step-interrupted").textContent).toContain("Resume writes it anew.");
  expect(container.querySelector(".turning, .output-caret, .timeline-phase")).toBeNull();
  expect(container.textContent).not.toMatch(/Starting|0 ms|Waiting|Running/);
  expect(screen.queryByTestId("pause-button")).toBeNull();
  expect(screen.getByTestId("cancel-button")).toBeTruthy();
  await userEvent.click(screen.getByTestId("edit-button"));
  expect(actions.onEdit).toHaveBeenCalledWith(run.pipeline);
  await userEvent.click(screen.getByTestId("resume-button"));
  expect(sent(calls)).toContain("POST /runs/r1/resume");
});

const sent = (calls: Call[]) =>
  calls.map(({ method, path }) => `${method} ${path.replace("/api/v1/orchestrator", "")}`);

test("a running run can be paused after its step, and says that it will be", async () => {
  const run = runView({ status: "RUNNING", steps: [stepView(0, { status: "RUNNING" }), stepView(1)] });
  const calls = serveApi({ "POST /runs/r1/pause": run });
  const { unmount } = renderApp(<RunPanes live={startLive(run)} {...actions} />);
  expect(screen.queryByTestId("resume-button")).toBeNull();
  await userEvent.click(screen.getByTestId("pause-button"));
  expect(sent(calls)).toContain("POST /runs/r1/pause");
  unmount();
  renderApp(<RunPanes live={startLive({ ...run, pause_requested: true })} {...actions} />);
  expect(screen.getByTestId("run-pausing").textContent).toBe("Pauses after this step.");
  expect(screen.getByTestId("pause-button").hasAttribute("disabled")).toBe(true);
});

test("a run that is being cancelled offers nothing but to wait", () => {
  serveApi({});
  const run = runView({ status: "RUNNING", cancel_requested: true, pause_requested: true });
  renderApp(<RunPanes live={startLive(run)} {...actions} />);
  expect(screen.getByTestId("run-cancelling").textContent).toContain("Cancelling");
  expect(screen.getByTestId("cancel-button").getAttribute("aria-busy")).toBe("true");
  expect(screen.queryByTestId("pause-button")).toBeNull();
});

test("a paused run waits for the user", () => {
  serveApi({});
  const run = runView({ paused: true, steps: [doneStep(0, "a"), stepView(1)] });
  renderApp(<RunPanes live={startLive(run)} {...actions} />);
  expect(screen.getByTestId("run-status").textContent).toBe("Paused");
  expect(screen.getByTestId("run-paused").textContent).toContain("waits for you");
  expect(screen.getByTestId("resume-button")).toBeTruthy();
  expect(within(screen.getByTestId("step-1")).getByText("Not run yet")).toBeTruthy();
});

test("a waiting run tells its place in the queue and can be brought forward", async () => {
  const queue = {
    holder: "self",
    running: [],
    waiting: [runSummary("a"), runSummary("b"), runSummary("r1")],
    held: [],
  };
  const calls = serveApi({
    "GET /queue": queue,
    "POST /runs/r1/move": { ...queue, waiting: [runSummary("r1")] },
  });
  renderApp(<RunPanes live={startLive(runView())} {...actions} />);
  await waitFor(() => expect(screen.getByTestId("queue-place").textContent).toBe("3rd in the queue"));
  await userEvent.click(screen.getByTestId("queue-up"));
  expect(calls.at(-1)).toMatchObject({ method: "POST", body: { before: "b" } });
  await waitFor(() => expect(screen.getByTestId("queue-place").textContent).toBe("1st in the queue"));
  expect(screen.queryByTestId("queue-front")).toBeNull();
});

test("a step that has ended runs again from there, in a new run that is opened", async () => {
  const failed = stepView(1, {
    step_name: "write it",
    status: "FAILED",
    error: "No.",
    error_code: "timed_out",
  });
  const run = runView({ status: "FAILED", steps: [doneStep(0, "a"), failed] });
  const calls = serveApi({ "POST /runs/r1/rerun": runView({ run_id: "r2" }) });
  renderApp(<RunPanes live={startLive(run)} {...actions} />);
  await userEvent.click(within(screen.getByTestId("failure-card")).getByTestId("rerun-from"));
  await waitFor(() => expect(actions.onOpenRun).toHaveBeenCalledWith("r2"));
  expect(sent(calls)).toContain("POST /runs/r1/rerun?from=write%20it");
  // What never ran cannot be where a new run begins: the step before it did not end well.
  await userEvent.click(screen.getByTestId("step-2"));
  expect(screen.queryByTestId("rerun-from")).toBeNull();
});

test("steps of an earlier run are marked and lead to it", async () => {
  serveApi({});
  const run = runView({
    status: "SUCCESS",
    derived_from: { run_id: "r0", from: "step_1" },
    steps: [{ ...doneStep(0, "a"), reused_from: "r0" }, doneStep(1, "b")],
  });
  renderApp(<RunPanes live={startLive(run)} {...actions} />);
  expect(screen.getByTestId("derived-link").getAttribute("href")).toBe("#/runs/r0");
  expect(screen.getByTestId("run-derived").textContent).toContain("again from step_1");
  expect(screen.getByTestId("step-0").textContent).toContain("taken over");
  await userEvent.click(screen.getByTestId("step-0"));
  expect(within(screen.getByTestId("step-reused")).getByRole("link").getAttribute("href")).toBe("#/runs/r0");
});

test("the project is named when there are several", async () => {
  serveApi({
    "GET /projects": {
      projects: [
        { id: "p", name: "Shop" },
        { id: "q", name: "Other" },
      ],
    },
  });
  renderApp(<RunPanes live={startLive(runView())} {...actions} />);
  expect((await screen.findByTestId("run-project")).textContent).toBe("Shop");
});

test("a stand-in is marked on the run and its result, and a step tells its seed", async () => {
  serveApi({});
  const run = runView({ status: "SUCCESS", steps: [doneStep(0, "a"), doneStep(1, "b")] });
  renderApp(<RunPanes live={startLive(run)} {...actions} />);
  expect(screen.getAllByTestId("run-stand-in").length).toBe(2);
  await userEvent.click(screen.getByTestId("step-0"));
  expect(screen.getByTestId("step-seed").textContent).toBe("Seed 7");
  expect(within(screen.getByTestId("step-seed")).getByRole("button", { name: "Copy the seed" })).toBeTruthy();
});

test.each<[StepView["error_code"], string]>([
  ["bad_request", "Change the step's prompt or parameters"],
  ["worker_unavailable", "The model process cannot start"],
  ["internal", "a fault of Brickwork"],
])("a failure of kind %s says what to do", (error_code, remedy) => {
  render(<FailureCard step={stepView(0, { status: "FAILED", error: "It broke.", error_code })} />);
  expect(screen.getByTestId("failure-card").textContent).toContain(remedy);
});

test("a file's name shows what hides in it, and copying gives the original text", async () => {
  serveApi({});
  const user = userEvent.setup();
  const file = artifact("photo\u202egpj.js", "a\u202eb");
  const run = runView({ status: "SUCCESS", final_artifacts: [file], final_artifacts_from: "assembler" });
  renderApp(<RunPanes live={startLive(run)} {...actions} />);
  const row = screen.getByTestId(`artifact-${file.name}`);
  expect(row.querySelector(".hidden-character")?.getAttribute("data-code")).toBe("U+202E");
  expect(row.title).toBe("photo<U+202E>gpj.js");
  await user.click(screen.getByRole("button", { name: "Copy photo<U+202E>gpj.js" }));
  expect(await navigator.clipboard.readText()).toBe(file.content);
});
