// The shapes of the orchestrator's API, as the router answers them. Offsets into outputs are UTF-8 bytes; times in `Timings` are
// milliseconds, `execution_time` is in seconds, stamps are RFC 3339.

export type Role = "CodeLlama" | "CodeGemma" | "T5Gemma" | "Assembler";
export type Status = "PENDING" | "RUNNING" | "SUCCESS" | "FAILED" | "CANCELLED";
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Context = { [key: string]: Json };

export interface Parameters {
  max_tokens?: number;
  temperature?: number;
  seed?: number;
  top_p?: number;
  stop?: string[];
}

export interface Step {
  step_name: string;
  model_type: Role;
  prompt: string;
  context?: Context;
  parameters?: Parameters;
  inputs?: string[];
  enabled?: boolean;
  timeout_s?: number;
  gate?: Json;
  files?: string[];
  pause_after?: boolean;
}

export interface Pipeline {
  project_id?: string;
  name: string;
  description?: string;
  steps: Step[];
  global_context?: Context;
  metadata?: Context;
  assembler?: AssemblerSettings;
}

/** Changes to the Assembler; what is absent is as built in. */
export interface AssemblerSettings {
  prompt?: string;
  parameters?: Parameters;
  mode?: string;
}

export interface Template extends Pipeline {
  id: string;
  description: string;
}

/** A fault of a pipeline; `path` is a JSON path such as `$.steps[0].prompt`. */
export interface Diagnostic {
  severity: "error" | "warning";
  code: string;
  path: string;
  message: string;
  remedy: string;
}

export interface Problem {
  type?: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  diagnostics?: Diagnostic[];
}

export interface ModelRef {
  id: string;
  path: string;
  stand_in: boolean;
}

/** A piece of code found in an output; `start` and `end` are byte offsets into it. */
export interface Artifact {
  type: string;
  name: string;
  content: string;
  named?: boolean;
  closed?: boolean;
  start?: number;
  end?: number;
}

export interface Timings {
  load_ms: number;
  prompt_ms: number;
  generate_ms: number;
  prompt_tokens: number;
  cached_tokens: number;
  generated_tokens: number;
}

export type FinishReason = "end_of_turn" | "stop_string" | "length";

export interface StepView {
  position: number;
  step_name: string;
  model_type: Role;
  model?: ModelRef | null;
  simulated?: boolean;
  status: Status;
  result: string;
  artifacts: Artifact[];
  error?: string | null;
  error_code?: string | null;
  finish_reason?: FinishReason | null;
  execution_time: number;
  timings?: Timings | null;
  /** The sampler's seed in this run: the pipeline's own, or the one drawn for it. */
  seed: number;
  prompt: string;
  warnings: string[];
  started_at?: string | null;
  finished_at?: string | null;
}

export type FinalSource = "assembler" | "assembler_text" | "steps";

export interface RunView {
  run_id: string;
  project_id: string;
  name: string;
  status: Status;
  interrupted: boolean;
  paused: boolean;
  simulated: boolean;
  error?: string | null;
  total_steps: number;
  successful_steps: number;
  failed_steps: number;
  total_execution_time: number;
  steps: StepView[];
  assembler: StepView;
  final_artifacts: Artifact[];
  final_artifacts_from?: FinalSource | null;
  assembled_code: string;
  pipeline: Pipeline;
  created_at: string;
  started_at?: string | null;
  finished_at?: string | null;
  seq: number;
}

export interface RunSummary {
  run_id: string;
  project_id: string;
  name: string;
  status: Status;
  interrupted: boolean;
  simulated: boolean;
  created_at: string;
  started_at?: string | null;
  finished_at?: string | null;
  total_steps: number;
  finished_steps: number;
  artifacts: number;
  total_execution_time: number;
}

export interface RunPage {
  runs: RunSummary[];
  next?: string | null;
}

export type StepOutcome =
  | { status: "SUCCESS"; finish_reason?: FinishReason }
  | { status: "FAILED"; code: string; error: string }
  | { status: "CANCELLED" };

export type RunChange =
  | { kind: "created"; plan?: unknown }
  | { kind: "started" }
  | { kind: "step_started"; position: number; prompt: string; warnings: string[] }
  | { kind: "step_text"; position: number; offset: number; text: string }
  | {
      kind: "step_finished";
      position: number;
      outcome: StepOutcome;
      result: string;
      artifacts: Artifact[];
      execution_time: number;
      timings?: Timings | null;
    }
  | { kind: "step_restarted"; position: number }
  | { kind: "interrupted" }
  | {
      kind: "finished";
      status: Status;
      error?: string | null;
      final_artifacts: Artifact[];
      final_artifacts_from?: FinalSource | null;
    };

interface EventStamp {
  run_id: string;
  seq?: number;
  at: string;
}

export type RunEvent = EventStamp &
  (
    | { event: "change"; change: RunChange }
    | { event: "loading"; position: number; fraction: number }
    | { event: "prompt"; position: number; done: number; total: number; cached: number }
    | { event: "text"; position: number; offset: number; text: string; generated: number }
  );

export interface Binding {
  id: string;
  path: string;
  stand_in: boolean;
  simulated: boolean;
  present: boolean;
  size_bytes?: number | null;
  problem?: string | null;
}

export interface Model {
  name: Role;
  description: string;
  capabilities: string[];
  recommended_for: string[];
  binding: Binding | null;
  recommended_parameters: Parameters;
}

export interface ModelFile {
  id: string;
  path: string;
  size_bytes: number;
  architecture?: string | null;
  quantization?: string | null;
  context_length?: number | null;
  problem?: string | null;
}

export interface Models {
  models: Model[];
  files: ModelFile[];
}

export interface Project {
  id: string;
  name: string;
  folder?: string | null;
}

export interface Health {
  status: string;
  version: string;
  worker: { state: "idle" | "loading" | "running"; model?: string | null };
  queue: { running: number; waiting: number };
  data_dir: string;
}

export type ThemeSetting = "system" | "light" | "dark";
export type LanguageSetting = "system" | "en" | "es";

export interface Settings {
  theme: ThemeSetting;
  language: LanguageSetting;
}

/** Colours of one text: `lines[n]` holds `[length in UTF-16 units, index into styles]` pairs that cover line n. */
export interface Highlight {
  language: string;
  styles: string[];
  lines: [number, number][][];
}

export type ExportAction = "new" | "same" | "changed" | "conflict" | "refused";

export interface ExportPlan {
  folder: string;
  files: {
    name: string;
    action: ExportAction;
    reason?: string | null;
    size_bytes: number;
    diff?: string | null;
  }[];
}

export interface ExportResult {
  folder: string;
  written: { name: string; size_bytes: number }[];
  skipped: { name: string; reason: string }[];
  manifest: string;
}
