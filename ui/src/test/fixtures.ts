// Small but whole values of the API's types, for tests.
import type { ListedRun } from "@/api/library";
import type { Artifact, Pipeline, RunSummary, RunView, Settings, Step, StepView } from "@/api/types";

export const step = (step_name: string, extra: Partial<Step> = {}): Step => ({
  step_name,
  model_type: "CodeLlama",
  prompt: `Prompt of ${step_name}`,
  ...extra,
});

export const pipeline = (...steps: Step[]): Pipeline => ({
  name: "Form",
  steps,
  global_context: { framework: "react" },
});

export const artifact = (name: string, content: string): Artifact => ({
  type: name.split(".").at(-1) ?? "txt",
  name,
  content,
  named: true,
  closed: true,
  start: 0,
  end: content.length,
});

export const stepView = (position: number, extra: Partial<StepView> = {}): StepView => ({
  position,
  step_name: `step_${position}`,
  model_type: "CodeLlama",
  model: { id: "tiny.gguf", path: "/models/tiny.gguf", stand_in: true },
  simulated: false,
  remote: false,
  status: "PENDING",
  result: "",
  artifacts: [],
  execution_time: 0,
  seed: 7,
  prompt: "",
  warnings: [],
  artifacts_edited: false,
  report: { extractor_version: 1, source: "blocks" },
  ...extra,
});

/** A run of two steps and the Assembler. */
export const runView = (extra: Partial<RunView> = {}): RunView => ({
  run_id: "r1",
  project_id: "p",
  name: "Form",
  status: "PENDING",
  interrupted: false,
  paused: false,
  pause_requested: false,
  cancel_requested: false,
  simulated: false,
  remote: false,
  remote_hosts: [],
  total_steps: 2,
  favourite: false,
  final_artifacts_edited: false,
  successful_steps: 0,
  failed_steps: 0,
  total_execution_time: 0,
  steps: [stepView(0), stepView(1)],
  assembler: stepView(2, { step_name: "assembler", model_type: "Assembler" }),
  final_artifacts: [],
  assembled_code: "",
  pipeline: pipeline(step("step_0"), step("step_1")),
  created_at: "2026-01-01T10:00:00Z",
  held_s: 0,
  seq: 0,
  ...extra,
});

/** A line of a list of runs; the id is also its name. */
export const runSummary = (run_id: string, extra: Partial<RunSummary> = {}): RunSummary => ({
  run_id,
  project_id: "p",
  name: run_id,
  status: "PENDING",
  interrupted: false,
  paused: false,
  simulated: false,
  created_at: "2026-01-01T10:00:00Z",
  total_steps: 2,
  finished_steps: 0,
  artifacts: 0,
  total_execution_time: 0,
  project_name: "",
  favourite: false,
  generated_tokens: 0,
  held_s: 0,
  ...extra,
});

/** A line of the history. */
export const listedRun = (run_id: string, extra: Partial<ListedRun> = {}): ListedRun => ({
  ...runSummary(run_id, { status: "SUCCESS", finished_steps: 2 }),
  favourite: false,
  generated_tokens: 0,
  project_name: "Default project",
  ...extra,
});

export const settings = (extra: Partial<Settings> = {}): Settings => ({
  theme: "system",
  language: "system",
  resume_interrupted: false,
  step_timeout_s: null,
  max_concurrent_runs: 2,
  threads: null,
  gpu_layers: null,
  memory_budget_mib: null,
  model_idle_s: 600,
  prompt_cache_mib: 2048,
  allow_overcommit: false,
  notifications: true,
  first_start_done: false,
  retention: { max_age_days: null, max_size_mib: null },
  gate_commands: [],
  ...extra,
});
