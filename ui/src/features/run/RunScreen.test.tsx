import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { startLive } from "@/api/runView";
import { artifact, runView, stepView } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { RunPanes } from "./RunScreen";

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
