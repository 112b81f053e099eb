// Small but whole values of what the models' screen shows, for tests.
import type {
  BindingView,
  FitView,
  FoundModelView,
  ModelFileView,
  ModelFitView,
  ModelsUsageView,
  ModelsView,
  RoleView,
} from "@/api/models";
import type { Role } from "@/api/types";

export const file = (id: string, extra: Partial<ModelFileView> = {}): ModelFileView => ({
  id,
  path: `/models/${id}.gguf`,
  size_bytes: 91_000_000,
  architecture: "llama",
  quantization: "Q4_1",
  context_length: 8192,
  format: "gguf",
  runnable: true,
  n_params: 134_515_008,
  licence: "apache-2.0",
  has_chat_template: true,
  tokenizer: "gpt2, smollm",
  ...extra,
});

export const role = (
  name: Role,
  binding: Partial<BindingView> = {},
  extra: Partial<RoleView> = {},
): RoleView => ({
  name,
  description: `Specification's words on ${name}`,
  capabilities: ["code_generation", "bug_fixing"],
  recommended_for: ["Code refinement"],
  recommended_parameters: {},
  options: {},
  ...extra,
  binding: {
    id: "tiny",
    path: "/models/tiny.gguf",
    stand_in: false,
    simulated: false,
    present: true,
    size_bytes: 91_000_000,
    ...binding,
  },
});

export const remote = {
  base_url: "https://gpu.example.org/v1",
  model: "qwen",
  host: "gpu.example.org",
  this_machine: false,
  has_key: true,
  timeout_s: 300,
  retries: 3,
  allow_insecure: false,
};

export const list = (models: RoleView[], files: ModelFileView[] = [file("tiny")]): ModelsView => ({
  models,
  files,
});

const share = (weights: number, cache = 0, compute = 0) => ({
  weights_bytes: weights,
  kv_bytes: cache,
  compute_bytes: compute,
  other_bytes: 0,
  total_bytes: weights + cache + compute,
});

export const fitView = (
  extra: Partial<ModelFitView> = {},
  machine: Partial<FitView["machine"]> = {},
): FitView => ({
  machine: {
    total_bytes: 16e9,
    available_bytes: 12e9,
    held_bytes: 1e9,
    allow_overcommit: false,
    ...machine,
  },
  devices: [
    {
      name: "CPU",
      description: "A processor",
      kind: "cpu",
      backend: "CPU",
      memory_total_bytes: 16e9,
      memory_free_bytes: 12e9,
    },
  ],
  models: [
    {
      id: "tiny",
      path: "/models/tiny.gguf",
      roles: [],
      verdict: "fits",
      context_tokens: 4096,
      batch_tokens: 512,
      gpu_layers: 0,
      longest_context_tokens: 8192,
      machine: share(4e9, 1e9, 0.1e9),
      gpu: share(0),
      advice: [],
      ...extra,
    },
  ],
});

export const usage = (extra: Partial<ModelsUsageView> = {}): ModelsUsageView => ({
  models_dir: "/models",
  models: [
    {
      id: "tiny",
      path: "/models/tiny.gguf",
      size_bytes: 91_000_000,
      is_inside: true,
      checked: "verified",
      sha256: "ab".repeat(32),
    },
  ],
  partial: [],
  total_bytes: 91_000_000,
  other_bytes: 0,
  free_bytes: 120e9,
  disk_bytes: 500e9,
  ...extra,
});

export const found = (name: string, extra: Partial<FoundModelView> = {}): FoundModelView => ({
  program: "ollama",
  program_title: "Ollama",
  name,
  path: `/ollama/blobs/${name}`,
  n_files: 1,
  size_bytes: 4e9,
  architecture: "qwen2",
  quantization: "Q4_K_M",
  n_params: 7.6e9,
  ...extra,
});
