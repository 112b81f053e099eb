import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { startLive } from "@/api/runView";
import { artifact, runView, stepView } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { FailureCard } from "./FailureCard";
import { RunPanes, RunScreen } from "./RunScreen";

afterEach(() => vi.unstubAllGlobals());

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
  const { container } = renderApp(<RunPanes live={startLive(run)} onAgain={vi.fn()} onExport={vi.fn()} />);
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
  const { container } = renderApp(<RunPanes live={startLive(run)} onAgain={vi.fn()} onExport={vi.fn()} />);
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
  renderApp(<RunPanes live={live} onAgain={vi.fn()} onExport={vi.fn()} />);
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
      onAgain={vi.fn()}
      onExport={vi.fn()}
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
  renderApp(<RunPanes live={startLive(run)} onAgain={vi.fn()} onExport={vi.fn()} />);
  expect(screen.getByTestId("step-output").textContent).toBe("second");
  await userEvent.click(screen.getByTestId("step-0"));
  expect(screen.getByTestId("step-output").textContent).toBe("first");
});

test("an interrupted run does not look alive", async () => {
  const onAgain = vi.fn();
  serveApi({});
  const run = runView({
    interrupted: true,
    started_at: "2026-01-01T10:00:00Z",
    steps: [stepView(0, { status: "RUNNING", result: "half of it" }), stepView(1)],
  });
  const { container } = renderApp(<RunPanes live={startLive(run)} onAgain={onAgain} onExport={vi.fn()} />);
  expect(screen.getByTestId("run-status").textContent).toBe("Interrupted");
  expect(screen.getByTestId("step-0").dataset.status).toBe("INTERRUPTED");
  expect(within(screen.getByTestId("step-0")).getByText("Interrupted")).toBeTruthy();
  expect(within(screen.getByTestId("step-1")).getByText("Not run")).toBeTruthy();
  expect(screen.getByTestId("step-output").textContent).toBe("half of it");
  expect(screen.getByTestId("step-interrupted").textContent).toContain(
    "The program that carried out this run ended before it did. What is finished is kept.",
  );
  expect(container.querySelector(".turning, .output-caret, .timeline-phase")).toBeNull();
  expect(container.textContent).not.toMatch(/Starting|0 ms|Waiting|Running/);
  expect(screen.queryByTestId("cancel-button")).toBeNull();
  await userEvent.click(screen.getByTestId("again-button"));
  expect(onAgain).toHaveBeenCalledWith(run.pipeline);
});

test("an interrupted run is not followed", async () => {
  const calls = serveApi({ "GET /runs/r1": runView({ interrupted: true }) });
  renderApp(<RunScreen runId="r1" onAgain={vi.fn()} onExport={vi.fn()} />);
  await screen.findByTestId("run-status");
  expect(calls.filter((call) => call.path.includes("/events"))).toEqual([]);
});

test("a stand-in is marked on the run and its result, and a step tells its seed", async () => {
  serveApi({});
  const run = runView({ status: "SUCCESS", steps: [doneStep(0, "a"), doneStep(1, "b")] });
  renderApp(<RunPanes live={startLive(run)} onAgain={vi.fn()} onExport={vi.fn()} />);
  expect(screen.getAllByTestId("run-stand-in").length).toBe(2);
  await userEvent.click(screen.getByTestId("step-0"));
  expect(screen.getByTestId("step-seed").textContent).toBe("Seed 7");
  expect(within(screen.getByTestId("step-seed")).getByRole("button", { name: "Copy the seed" })).toBeTruthy();
});

test.each([
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
  renderApp(<RunPanes live={startLive(run)} onAgain={vi.fn()} onExport={vi.fn()} />);
  const row = screen.getByTestId(`artifact-${file.name}`);
  expect(row.querySelector(".hidden-character")?.getAttribute("data-code")).toBe("U+202E");
  expect(row.title).toBe("photo<U+202E>gpj.js");
  await user.click(screen.getByRole("button", { name: "Copy photo<U+202E>gpj.js" }));
  expect(await navigator.clipboard.readText()).toBe(file.content);
});
