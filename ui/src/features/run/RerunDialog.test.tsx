import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { RunView } from "@/api/types";
import type { RerunReasonCode, RerunStep } from "@/api/watch";
import { pipeline, runView, step } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { RerunDialog } from "./RerunDialog";
import { reasonText, whyItRuns } from "./rerunReasons";

afterEach(() => vi.unstubAllGlobals());

const planned = (step_name: string, position: number, ...codes: RerunReasonCode[]): RerunStep => ({
  position,
  step_name,
  earlier_position: position,
  action: codes.length === 0 ? "reuse" : "run",
  reasons: codes.map((code) => ({ code, detail: code === "input_runs_again" ? "step_1" : null })),
});
const PLAN = {
  steps: [
    planned("step_0", 0),
    planned("step_1", 1, "prompt_changed", "parameters_changed"),
    planned("assembler", 2, "input_runs_again"),
  ],
};

test("every reason has words, and one that is not known is told as it is", () => {
  const codes: RerunReasonCode[] = [
    "asked",
    "new_step",
    "not_finished",
    "model_changed",
    "parameters_changed",
    "role_changed",
    "prompt_changed",
    "context_changed",
    "files_changed",
    "inputs_changed",
    "input_runs_again",
    "output_edited_input",
  ];
  const words = codes.map((code) => reasonText({ code, detail: "analyse" }));
  expect(new Set(words).size).toBe(codes.length);
  expect(words).toContain("you edited the output of analyse");
  expect(reasonText({ code: "moon_phase" as RerunReasonCode })).toBe("moon_phase");
  expect(whyItRuns(planned("a", 0, "prompt_changed", "parameters_changed"))).toBe(
    "runs again because its prompt changed and its parameters changed",
  );
});

test("each step is kept or runs again for a reason, and the new run is made so and opened", async () => {
  const calls = serveApi({
    "POST /runs/r1/rerun/plan": PLAN,
    "POST /runs/r1/rerun": runView({ run_id: "r2" }),
  });
  const onOpenRun = vi.fn();
  renderApp(<RerunDialog run={runView({ status: "SUCCESS" })} onClose={vi.fn()} onOpenRun={onOpenRun} />);
  expect((await screen.findByTestId("rerun-step-step_0")).textContent).toContain("kept");
  expect(screen.getByTestId("rerun-step-step_1").textContent).toContain("because its prompt changed");
  expect(screen.getByTestId("rerun-step-assembler").textContent).toContain("step_1 runs again");
  const start = screen.getByTestId("rerun-start");
  await waitFor(() => expect(start.hasAttribute("disabled")).toBe(false));
  expect(start.textContent).toBe("Run 2 steps");
  await userEvent.click(start);
  await waitFor(() => expect(onOpenRun).toHaveBeenCalledWith("r2"));
  const made = calls.find((call) => call.path.includes("/rerun?"));
  expect(made?.path).toContain("?keep=unchanged");
  expect(made?.body).toEqual({});
});

test("a run of a saved pipeline is compared with that pipeline as it stands now", async () => {
  const draft = pipeline(step("step_0"), step("step_1", { prompt: "Another" }));
  const run: RunView = { ...runView({ status: "SUCCESS" }), pipeline_id: "p1" };
  const calls = serveApi({
    "GET /pipelines/p1": { id: "p1", document: pipeline(step("old")), draft: { document: draft } },
    "POST /runs/r1/rerun/plan": PLAN,
  });
  renderApp(<RerunDialog run={run} onClose={vi.fn()} onOpenRun={vi.fn()} />);
  await screen.findByTestId("rerun-step-step_1");
  const plans = () => calls.filter((call) => call.path.endsWith("/rerun/plan")).map((call) => call.body);
  expect(plans()).toEqual([{ pipeline: draft }]);
  await userEvent.click(screen.getByRole("radio", { name: "As it was run" }));
  await waitFor(() => expect(plans().at(-1)).toEqual({}));
});

test("where nothing has changed there is nothing to run, until a step is chosen", async () => {
  serveApi({ "POST /runs/r1/rerun/plan": { steps: [planned("step_0", 0), planned("assembler", 1)] } });
  renderApp(<RerunDialog run={runView({ status: "SUCCESS" })} onClose={vi.fn()} onOpenRun={vi.fn()} />);
  expect(await screen.findByText(/Nothing has changed/)).toBeTruthy();
  expect(screen.getByTestId("rerun-start").hasAttribute("disabled")).toBe(true);
});
