import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type LiveRun, startLive } from "@/api/runView";
import type { StepView } from "@/api/types";
import { onCommandKey } from "@/components/commands";
import { overwriteGetLocale } from "@/paraglide/runtime.js";
import { artifact, pipeline, runSummary, runView, step, stepView } from "@/test/fixtures";
import { type Call, renderApp, serveApi } from "@/test/render";
import { canEditOutput } from "./held";
import { maxTokens, phaseFraction, phaseLeft, stepTimes } from "./phase";
import { warningPhrase } from "./promptWarnings";
import { RunPanes } from "./RunScreen";
import { PARTS, stacked, timeRows } from "./timeData";

// The pages of the tests have no canvas to draw on.
vi.mock("uplot", () => ({
  default: class {
    static paths = {};
    destroy() {}
    setSize() {}
  },
}));
beforeAll(() => document.addEventListener("keydown", onCommandKey));
afterAll(() => document.removeEventListener("keydown", onCommandKey));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
  window.location.hash = "";
});

const actions = { onEdit: vi.fn(), onOpenRun: vi.fn(), onExport: vi.fn(), onChanged: vi.fn() };
const timings = {
  load_ms: 1000,
  prompt_ms: 500,
  generate_ms: 2000,
  prompt_tokens: 100,
  cached_tokens: 60,
  generated_tokens: 50,
};
const sent = (calls: Call[]) =>
  calls.map(({ method, path }) => `${method} ${path.replace("/api/v1/orchestrator", "")}`);
const PIPELINE = pipeline(
  step("step_0", { parameters: { max_tokens: 400 }, pause_after: true }),
  step("step_1", { inputs: ["step_0"] }),
);
const doneStep = (extra: Partial<StepView> = {}) =>
  stepView(0, { status: "SUCCESS", result: "Its words", timings, execution_time: 4, ...extra });

test("a phase tells how far it is and what remains", () => {
  const run = runView({ pipeline: PIPELINE });
  expect(maxTokens(run, run.steps[0] as never)).toBe(400);
  expect(maxTokens(run, run.assembler)).toBe(2048);
  const writing = { kind: "writing" as const, generated: 100, samples: [], rate: 30 };
  expect(phaseFraction(writing, 400)).toBe(0.25);
  expect(phaseLeft(writing, {}, 400, 0)).toBe(10);
  const prompt = { kind: "prompt" as const, done: 50, total: 200, cached: 20 };
  expect(phaseLeft(prompt, { prompt: 1000 }, 400, 3000)).toBe(6);
  expect(phaseLeft({ kind: "loading", fraction: 0.5 }, { load: 0 }, 400, 3000)).toBe(3);
  expect(phaseLeft({ kind: "text" }, {}, 400, 3000)).toBeUndefined();
});

test("a step's time is its phases and the rest waiting; a placeholder that measures nothing writes", () => {
  expect(stepTimes(doneStep(), undefined, 0)).toMatchObject({ wait_ms: 500, load_ms: 1000 });
  const none = { ...timings, load_ms: 0, prompt_ms: 0, generate_ms: 0 };
  expect(stepTimes(doneStep({ timings: none }), undefined, 0)).toMatchObject({ generate_ms: 4000 });
});

test("a running step shows tokens of its most, speed, elapsed and what remains", () => {
  serveApi({});
  const started_at = new Date(Date.now() - 5000).toISOString();
  const run = runView({
    status: "RUNNING",
    pipeline: PIPELINE,
    started_at,
    created_at: new Date(Date.now() - 9000).toISOString(),
    steps: [stepView(0, { status: "RUNNING", result: "some", started_at }), stepView(1)],
  });
  const live: LiveRun = {
    ...startLive(run),
    phases: { 0: { kind: "writing", generated: 100, samples: [], rate: 30 } },
    marks: {
      0: { load: Date.parse(started_at), prompt: Date.parse(started_at) + 3000, write: Date.now() - 1000 },
    },
  };
  renderApp(<RunPanes live={live} {...actions} />);
  expect(screen.getByTestId("progress-tokens").textContent).toBe("100 / 400");
  expect(screen.getByTestId("progress-rate").textContent).toBe("30 tok/s");
  expect(screen.getByTestId("progress-elapsed").textContent).toMatch(/^5\.\d s$/);
  expect(screen.getByTestId("progress-left").textContent).toBe("≤ 10 s");
  expect(within(screen.getByTestId("step-progress")).getByRole("progressbar").ariaValueNow ?? "25").toBe(
    "25",
  );
  expect(screen.getByTestId("timeline-queued").textContent).toContain("4.0 s");
  const bar = within(screen.getByTestId("step-0")).getByRole("img", { name: /Loading 3\.0 s/ });
  expect(bar.children.length).toBe(3);
});

test("files of an output appear the moment their fence closes, and grow until then", () => {
  serveApi({});
  const running = (result: string) =>
    startLive(
      runView({ status: "RUNNING", steps: [stepView(0, { status: "RUNNING", result }), stepView(1)] }),
    );
  const { unmount } = renderApp(<RunPanes live={running("```js a.js\nconst")} {...actions} />);
  expect(screen.getByTestId("artifact-a.js").dataset.closed).toBe("false");
  unmount();
  renderApp(<RunPanes live={running("```js a.js\nconst a;\n```\n")} {...actions} />);
  expect(screen.getByTestId("artifact-a.js").dataset.closed).toBe("true");
  expect(screen.queryByTestId("file-menu")).toBeNull();
});

const held = runView({ paused: true, pipeline: PIPELINE, steps: [doneStep(), stepView(1)] });

test("an output can be edited while nothing that reads it has begun", () => {
  const [first, second] = held.steps;
  expect(canEditOutput(held, first as never)).toBe(true);
  expect(canEditOutput(held, second as never)).toBe(false);
  expect(canEditOutput({ ...held, paused: false }, first as never)).toBe(false);
  const begun = { ...held, steps: [first as never, stepView(1, { status: "SUCCESS" })] };
  expect(canEditOutput(begun, first as never)).toBe(false);
});

test("a step that asks for approval is approved as it is", async () => {
  const calls = serveApi({ "POST /runs/r1/resume": held });
  renderApp(<RunPanes live={startLive(held)} {...actions} />);
  expect(screen.getByTestId("approve-panel").textContent).toContain("waits for your approval");
  await userEvent.click(screen.getByTestId("approve"));
  expect(sent(calls)).toContain("POST /runs/r1/resume");
  expect(sent(calls).some((call) => call.startsWith("PUT"))).toBe(false);
});

test("an edited output is saved first, and shows the files of the text as it stands", async () => {
  const next = runView({ ...held, seq: 9 });
  const calls = serveApi({ "PUT /runs/r1/steps/step_0/output": next, "POST /runs/r1/resume": next });
  renderApp(<RunPanes live={startLive(held)} {...actions} />);
  await userEvent.click(screen.getByTestId("approve-edit"));
  const editor = await within(screen.getByTestId("output-editor")).findByRole("textbox");
  await userEvent.click(editor);
  await userEvent.paste("```js new.js\nx\n```\n");
  await screen.findByTestId("artifact-new.js");
  await userEvent.click(screen.getByTestId("output-approve"));
  await waitFor(() => expect(sent(calls)).toContain("POST /runs/r1/resume"));
  const put = calls.find((call) => call.method === "PUT");
  expect(JSON.stringify(put?.body)).toContain("new.js");
  expect(sent(calls).indexOf("PUT /runs/r1/steps/step_0/output")).toBeLessThan(
    sent(calls).indexOf("POST /runs/r1/resume"),
  );
  expect(actions.onChanged).toHaveBeenCalled();
  expect(screen.queryByTestId("output-editor")).toBeNull();
});

test("an edited output is marked, and the model's own words are one click away", async () => {
  serveApi({});
  const edited = doneStep({ result: "My words", original_result: "Its words" });
  renderApp(<RunPanes live={startLive({ ...held, steps: [edited, stepView(1)] })} {...actions} />);
  expect(screen.getByTestId("step-output").textContent).toBe("My words");
  await userEvent.click(screen.getByTestId("show-original"));
  expect(screen.getByTestId("step-original").textContent).toBe("Its words");
});

test("keys move between steps, pause, and open the comparison with another run", async () => {
  const run = runView({
    status: "RUNNING",
    pipeline: PIPELINE,
    steps: [doneStep(), stepView(1, { status: "RUNNING", result: "two" })],
  });
  const calls = serveApi({
    "POST /runs/r1/pause": run,
    "GET /runs": { runs: [runSummary("r1"), runSummary("r2")] },
  });
  renderApp(<RunPanes live={startLive(run)} {...actions} />);
  await userEvent.keyboard("k");
  expect(screen.getByTestId("step-output").textContent).toBe("Its words");
  await userEvent.keyboard("jp");
  expect(screen.getByTestId("step-output").textContent).toBe("two");
  expect(sent(calls)).toContain("POST /runs/r1/pause");
  await userEvent.keyboard("c");
  await userEvent.click(await screen.findByTestId("choose-r2"));
  expect(screen.queryByTestId("choose-r1")).toBeNull();
  expect(window.location.hash).toBe("#/compare/r2/r1");
});

test("where time went is told as a table too", async () => {
  serveApi({});
  const run = runView({
    status: "SUCCESS",
    pipeline: PIPELINE,
    steps: [doneStep(), stepView(1, { status: "SUCCESS", timings, execution_time: 3.5 })],
    final_artifacts: [artifact("a.js", "x")],
  });
  renderApp(<RunPanes live={startLive(run)} {...actions} />);
  await userEvent.click(screen.getByRole("radio", { name: "Time and tokens used" }));
  const row = within(screen.getByTestId("time-table")).getByRole("row", { name: /step_0/ });
  expect(
    within(row)
      .getAllByRole("cell")
      .map((cell) => cell.textContent),
  ).toEqual(["500 ms", "1.0 s", "500 ms", "2.0 s", "100", "60%", "50", "25"]);
  expect(stacked(timeRows(run), PARTS.tokens)).toEqual([
    [60, 60],
    [100, 100],
    [150, 150],
  ]);
  await userEvent.click(screen.getByRole("radio", { name: "Tokens" }));
  expect(screen.getByTestId("time-plot").dataset.measure).toBe("tokens");
  expect(screen.getByText("Prompt, from the cache")).toBeTruthy();
  expect(screen.queryByText("Waiting", { selector: "li *" })).toBeNull();
});

test.each([
  [
    "The context knows no value for {{ a.b }}, so it is sent as written. Add `a.b` to the context, or ignore this if it is code.",
    { reason: "unknown_variable", params: { variable: "a.b" } },
  ],
  ["The context knows no value for {{ a }}.", undefined],
  ["Another warning", undefined],
])("a recorded warning of a prompt is known again: %s", (warning, phrase) => {
  expect(warningPhrase(warning)).toEqual(phrase);
});

test("a warning of a run is told in the window's language", () => {
  serveApi({});
  overwriteGetLocale(() => "es");
  const warning =
    "The context knows no value for {{ tone }}, so it is sent as written. Add `tone` to the context, or ignore this if it is code.";
  renderApp(
    <RunPanes
      live={startLive({ ...held, steps: [doneStep({ warnings: [warning] }), stepView(1)] })}
      {...actions}
    />,
  );
  expect(screen.getByTestId("step-warning").textContent).toMatch(
    /^El contexto no tiene ningún valor para {{ tone }}/,
  );
  overwriteGetLocale(() => "en");
});
