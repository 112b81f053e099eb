// The calls and shapes of roles, of what serves them, and of the model files on this machine, with their cached queries. Sizes are in
// bytes, contexts in tokens.
import {
  keepPreviousData,
  type QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import type { components } from "@/bindings/api";
import { call } from "./client";
import type { TransferView } from "./getModels";
import type { Model, Models, Pipeline, Role } from "./types";

const id = encodeURIComponent;

type Schemas = components["schemas"];

export type RoleOptions = Schemas["RoleOptions"];
export type RemoteView = Schemas["RemoteView"];
export type BindingView = Schemas["BindingView"];
export type RoleView = Model;
export type ModelFileView = Schemas["ModelFileView"];
export type ModelsView = Models;

export type RemoteBinding = Schemas["RemoteBinding"];
/** Exactly one of the two, which the document can only say in words. */
export type BindingRequest = { id: string } | { remote: RemoteBinding };
export type RemoteCheckRequest = Schemas["RemoteCheckRequest"];
export type RemoteCheckView = Schemas["RemoteCheckView"];
export type RemoteKeyView = Schemas["RemoteKeyView"];

export type DeviceView = Schemas["DeviceView"];
export type FitShareView = Schemas["FitShareView"];
export type FitAdviceView = Schemas["FitAdviceView"];
export type ModelFitView = Schemas["ModelFitView"];
export type FitView = Schemas["FitView"];

export type GgufHeaderView = Schemas["GgufHeaderView"];
export type SafetensorsView = Schemas["SafetensorsView"];
export type ModelFileDetail = Schemas["ModelFileDetail"];
/** How a file stands to its recorded checksum: one that is `changed` is another file, and is not used. */
export type CheckedState = Schemas["CheckedState"];
export type ModelUsageView = Schemas["ModelUsageView"];
export type ModelsUsageView = Schemas["ModelsUsageView"];
export type FoundModelView = Schemas["FoundModelView"];
export type FoundModelsView = Schemas["FoundModelsView"];
export type ImportMode = Schemas["ImportMode"];
export type ModelImportRequest = Schemas["ModelImportRequest"];
export type ModelRelocateRequest = Schemas["ModelRelocateRequest"];

const models = {
  list: (signal?: AbortSignal) => call<ModelsView>("/models", { signal }),
  bind: (role: Role, binding: BindingRequest) =>
    call<ModelsView>(`/models/${id(role)}/binding`, { method: "PUT", body: binding }),
  setOptions: (role: Role, options: RoleOptions) =>
    call<ModelsView>(`/models/${id(role)}/options`, { method: "PUT", body: options }),
  fit: (model: string, signal?: AbortSignal) => call<FitView>("/fit", { body: { model }, signal }),
  runFit: (pipeline: Pipeline, signal?: AbortSignal) => call<FitView>("/fit", { body: { pipeline }, signal }),
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
  relocate: (request: ModelRelocateRequest) => call<TransferView>("/model-files/relocate", { body: request }),
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

/** What a run of the draft takes of memory, step by step. The last answer stays while the next is on its way. */
export const useRunFit = (pipeline: Pipeline) =>
  useQuery({
    queryKey: ["fit", "run", pipeline],
    queryFn: ({ signal }) => models.runFit(pipeline, signal),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
    gcTime: 10_000,
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

/** Moves a model's files; without a folder they go back into the models folder. */
export function useRelocateModel() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: models.relocate,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["transfers"] }),
  });
}

export function useRemoveModel() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ model, force }: { model: string; force: boolean }) => models.remove(model, force),
    onSuccess: (list) => adopt(queries, list),
  });
}
