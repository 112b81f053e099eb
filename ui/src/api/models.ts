// The calls and shapes of roles, of what serves them, and of the model files on this machine, with their cached queries. Sizes are in
// bytes, contexts in tokens.
import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import type { TransferView } from "./getModels";
import type { Binding, Model, ModelFile, Role } from "./types";

const id = encodeURIComponent;

/** How a role's model is computed; what is absent is chosen by the program. */
export interface RoleOptions {
  device?: string | null;
  gpu_layers?: number | null;
  context_tokens?: number | null;
}

/** A server that runs a role's model. */
export interface RemoteView {
  base_url: string;
  model: string;
  host: string;
  /** No text leaves this machine. */
  this_machine: boolean;
  has_key: boolean;
  timeout_s: number;
  retries: number;
  allow_insecure: boolean;
}

export type BindingView = Binding & { remote?: RemoteView | null };
export type RoleView = Omit<Model, "binding"> & { binding: BindingView; options: RoleOptions };

export type ModelFileView = ModelFile & {
  format: string;
  runnable: boolean;
  name?: string | null;
  n_params?: number | null;
  licence?: string | null;
  has_chat_template: boolean;
  tokenizer?: string | null;
  /** The program that keeps it, where it is used in place. */
  origin?: string | null;
};

export interface ModelsView {
  models: RoleView[];
  files: ModelFileView[];
}

/** A server's model, as a role is bound to it. */
export interface RemoteBinding {
  base_url: string;
  model: string;
  timeout_s?: number | null;
  retries?: number | null;
  allow_insecure?: boolean;
}

/** Exactly one of the two. */
export type BindingRequest = { id: string } | { remote: RemoteBinding };

export interface RemoteCheckRequest {
  base_url: string;
  key?: string;
  allow_insecure?: boolean;
}

export interface RemoteCheckView {
  base_url: string;
  host: string;
  this_machine: boolean;
  reachable: boolean;
  server: "llama_cpp" | "ollama" | "vllm" | "lm_studio" | "unknown";
  models: { id: string; context_length?: number | null }[];
  latency_ms?: number | null;
  with_key: boolean;
  problem?: { code: string; message: string } | null;
}

export interface RemoteKeyView {
  origin: string;
  has_key: boolean;
  kept_in: "keyring" | "memory";
}

export interface DeviceView {
  name: string;
  description: string;
  kind: string;
  backend: string;
  memory_total_bytes: number;
  memory_free_bytes: number;
}

export interface FitShareView {
  weights_bytes: number;
  kv_bytes: number;
  compute_bytes: number;
  other_bytes: number;
  total_bytes: number;
}

export interface FitAdviceView {
  /** `smaller_quantization`, `shorter_context`, `fewer_gpu_layers` or `smaller_model`. */
  code: string;
  text: string;
  file_id?: string | null;
  quantization?: string | null;
  size_bytes?: number | null;
  context_tokens?: number | null;
  gpu_layers?: number | null;
}

export interface ModelFitView {
  id: string;
  path: string;
  roles: Role[];
  verdict: "fits" | "tight" | "does_not_fit" | "not_here" | "unreadable";
  context_tokens: number;
  batch_tokens: number;
  gpu_layers: number;
  model_context_tokens?: number | null;
  longest_context_tokens?: number | null;
  machine: FitShareView;
  gpu: FitShareView;
  advice: FitAdviceView[];
  problem?: string | null;
}

export interface FitView {
  machine: {
    total_bytes?: number | null;
    available_bytes?: number | null;
    /** What models hold that are in memory now; they give way. */
    held_bytes: number;
    budget_bytes?: number | null;
    allow_overcommit: boolean;
  };
  devices: DeviceView[];
  models: ModelFitView[];
}

export interface GgufHeaderView {
  version: number;
  n_tensors: number;
  tensor_bytes: number;
  block_count?: number | null;
  embedding_length?: number | null;
  head_count?: number | null;
  head_count_kv?: number | null;
  vocab_size?: number | null;
  sliding_window?: number | null;
  expert_count?: number | null;
  expert_used_count?: number | null;
  recurrent: boolean;
  tokenizer_model?: string | null;
  tokenizer_pre?: string | null;
}

export interface SafetensorsView {
  model_type: string;
  encoder_layers: number;
  decoder_layers: number;
  vocab_size: number;
  n_tensors: number;
  n_files: number;
}

export interface ModelFileDetail {
  file: ModelFileView;
  paths: string[];
  gguf?: GgufHeaderView | null;
  safetensors?: SafetensorsView | null;
  /** At most its first 64 KiB. */
  chat_template?: string | null;
  chat_template_bytes?: number | null;
  catalog_id?: string | null;
  licence_url?: string | null;
}

/** How a file stands to its recorded checksum: one that is `changed` is another file, and is not used. */
export type CheckedState = "unrecorded" | "verified" | "touched" | "changed";

export interface ModelUsageView {
  id: string;
  path: string;
  size_bytes: number;
  is_inside: boolean;
  checked: CheckedState;
  sha256?: string | null;
}

export interface ModelsUsageView {
  models_dir: string;
  models: ModelUsageView[];
  /** Downloads and imports that have not ended. */
  partial: { path: string; size_bytes: number }[];
  /** Of everything in the models folder. */
  total_bytes: number;
  other_bytes: number;
  free_bytes?: number | null;
  disk_bytes?: number | null;
  problem?: string | null;
}

export interface FoundModelView {
  program: string;
  program_title: string;
  name: string;
  path: string;
  n_files: number;
  size_bytes: number;
  sha256?: string | null;
  /** Under which it is listed already. */
  model_id?: string | null;
  architecture?: string | null;
  quantization?: string | null;
  n_params?: number | null;
  context_length?: number | null;
  problem?: string | null;
}

export interface FoundModelsView {
  models: FoundModelView[];
  problems: { program: string; path: string; message: string }[];
}

export type ImportMode = "link" | "copy" | "move";

export interface ModelImportRequest {
  path: string;
  mode: ImportMode;
  /** The id of a single file; its own name when absent. */
  name?: string;
}

const models = {
  list: (signal?: AbortSignal) => call<ModelsView>("/models", { signal }),
  bind: (role: Role, binding: BindingRequest) =>
    call<ModelsView>(`/models/${id(role)}/binding`, { method: "PUT", body: binding }),
  setOptions: (role: Role, options: RoleOptions) =>
    call<ModelsView>(`/models/${id(role)}/options`, { method: "PUT", body: options }),
  fit: (model: string, signal?: AbortSignal) => call<FitView>("/fit", { body: { model }, signal }),
  checkRemote: (request: RemoteCheckRequest) => call<RemoteCheckView>("/remotes/check", { body: request }),
  setRemoteKey: (base_url: string, key: string) =>
    call<RemoteKeyView>("/remotes/key", { method: "PUT", body: { base_url, key } }),
  removeRemoteKey: (base_url: string) =>
    call<RemoteKeyView>(`/remotes/key?base_url=${id(base_url)}`, { method: "DELETE" }),
  detail: (model: string, signal?: AbortSignal) =>
    call<ModelFileDetail>(`/model-files?id=${id(model)}`, { signal }),
  usage: (signal?: AbortSignal) => call<ModelsUsageView>("/model-files/usage", { signal }),
  found: (signal?: AbortSignal) => call<FoundModelsView>("/model-files/found", { signal }),
  importFile: (request: ModelImportRequest) => call<TransferView>("/model-files/import", { body: request }),
  verify: (model: string, accept: boolean) =>
    call<TransferView>("/model-files/verify", { body: { id: model, accept } }),
  rename: (model: string, name: string) =>
    call<ModelsView>("/model-files/rename", { body: { id: model, name } }),
  remove: (model: string, force: boolean) =>
    call<ModelsView>(`/model-files?id=${id(model)}&force=${force}`, { method: "DELETE" }),
};

/** The roles with what serves them, and the model files, with all that is known of both. */
export const useModelList = () =>
  useQuery({ queryKey: ["models"], queryFn: ({ signal }) => models.list(signal) });

/** What a role's model takes of memory. What is free changes by itself, so an answer is good for a few seconds only. */
export const useRoleFit = ({ name, binding, options }: RoleView) =>
  useQuery({
    queryKey: ["fit", name, binding.path, options],
    queryFn: ({ signal }) => models.fit(name, signal),
    enabled: binding.present && !binding.simulated && !binding.remote,
    staleTime: 5000,
    retry: false,
  });

export const useModelDetail = (model: string) =>
  useQuery({
    queryKey: ["model-files", "detail", model],
    queryFn: ({ signal }) => models.detail(model, signal),
  });

export const useModelsUsage = () =>
  useQuery({ queryKey: ["model-files", "usage"], queryFn: ({ signal }) => models.usage(signal) });

/** Looks through the folders of other programs, which is not done again by itself. */
export const useFoundModels = () =>
  useQuery({
    queryKey: ["model-files", "found"],
    queryFn: ({ signal }) => models.found(signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  });

/** Takes over the list that a change of it was answered with, and lets what depends on it be asked again. */
function adopt(queries: QueryClient, list: ModelsView) {
  queries.setQueryData(["models"], list);
  queries.invalidateQueries({ queryKey: ["model-files"] });
  queries.invalidateQueries({ queryKey: ["preview"] });
}

export function useBind() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ role, binding }: { role: Role; binding: BindingRequest }) => models.bind(role, binding),
    onSuccess: (list) => adopt(queries, list),
  });
}

export function useSetOptions() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ role, options }: { role: Role; options: RoleOptions }) => models.setOptions(role, options),
    onSuccess: (list) => adopt(queries, list),
  });
}

/** A server that is to serve a role, and a new key for it, which is kept first. */
export interface Connection {
  role: Role;
  remote: RemoteBinding;
  key?: string;
}

/** Answers where the key is kept, when there was one. */
export function useConnect() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ role, remote, key }: Connection) => {
      const kept = key ? await models.setRemoteKey(remote.base_url, key) : undefined;
      return { list: await models.bind(role, { remote }), keptIn: kept?.kept_in };
    },
    onSuccess: ({ list }) => adopt(queries, list),
  });
}

export const useCheckRemote = () => useMutation({ mutationFn: models.checkRemote });

export function useForgetKey() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: models.removeRemoteKey,
    onSettled: () => queries.invalidateQueries({ queryKey: ["models"] }),
  });
}

export function useImportModel() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: models.importFile,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["transfers"] }),
  });
}

export function useVerifyModel() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ model, accept = false }: { model: string; accept?: boolean }) =>
      models.verify(model, accept),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["transfers"] }),
  });
}

export function useRenameModel() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ model, name }: { model: string; name: string }) => models.rename(model, name),
    onSuccess: (list) => adopt(queries, list),
  });
}

export function useRemoveModel() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ model, force }: { model: string; force: boolean }) => models.remove(model, force),
    onSuccess: (list) => adopt(queries, list),
  });
}
