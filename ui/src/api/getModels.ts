// The calls and shapes of getting models: the catalog, the hub, long work on files, bundles, and what the machine is found to have, with
// their cached queries. Sizes are in bytes, speeds in bytes per second, stamps are RFC 3339.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import type { DeviceView, FitView } from "./models";
import type { Role } from "./types";

const id = encodeURIComponent;

/** A form in which a model of the catalog comes. */
export interface CatalogFileView {
  /** Under which it is listed once it is there. */
  id: string;
  quantization: string;
  paths: string[];
  size_bytes: number;
  size_is_estimate: boolean;
  sha256: string[];
  /** About what it needs with a context of 4,096 tokens. */
  memory_bytes?: number | null;
  present: boolean;
}

export type Workstation = "cpu" | "8GB" | "16GB" | "32GB";

export interface CatalogModelView {
  id: string;
  title: string;
  roles: Role[];
  description: string;
  licence: string;
  licence_url?: string | null;
  gated: boolean;
  format: string;
  context_length: number;
  n_params: number;
  architecture: string;
  repository?: string | null;
  revision?: string | null;
  base_repository?: string | null;
  workstation: Workstation[];
  /** From small to large. */
  files: CatalogFileView[];
  recommended_file: string;
  source_note: string;
  own: boolean;
}

export interface CatalogProblemView {
  path: string;
  place: string;
  message: string;
  remedy: string;
}

export interface CatalogView {
  entries: CatalogModelView[];
  own_catalog_path: string;
  own_entries_problem?: CatalogProblemView | null;
}

export type HubTokenOrigin = "none" | "environment" | "keyring" | "memory";

export interface HubView {
  endpoint: string;
  endpoint_from: "default" | "setting" | "environment";
  token: HubTokenOrigin;
  max_downloads: number;
  speed_limit_kib_s?: number | null;
}

export interface HubSettings {
  endpoint?: string | null;
  max_downloads: number;
  speed_limit_kib_s?: number | null;
}

export interface HubModel {
  repository: string;
  downloads?: number | null;
  likes?: number | null;
  gated: boolean;
  licence?: string | null;
  changed_at?: string | null;
}

export interface HubSearchView {
  endpoint: string;
  repositories: HubModel[];
}

export interface HubModelFiles {
  name: string;
  format: string;
  quantization?: string | null;
  size_bytes?: number | null;
  paths: string[];
  /** All shards that its name promises are there. */
  complete: boolean;
}

export interface HubFile {
  path: string;
  size_bytes?: number | null;
  sha256?: string | null;
}

export interface HubRepository {
  repository: string;
  revision: string;
  commit: string;
  /** Its page on the hub. */
  page: string;
  gated: boolean;
  licence?: string | null;
  models: HubModelFiles[];
  files: HubFile[];
}

/** Files of a repository that are one model, or a model of the catalog. */
export type DownloadRequest =
  | { repository: string; revision?: string; paths: string[] }
  | { catalog_id: string; quantization?: string };

export type TransferKind = "download" | "import" | "verify" | "bundle_export" | "bundle_import";
export type TransferState = "waiting" | "running" | "paused" | "done" | "failed" | "cancelled";

export interface TransferProblem {
  code: string;
  message: string;
  remedy: string;
}

export interface TransferView {
  id: string;
  kind: TransferKind;
  title: string;
  state: TransferState;
  done_bytes: number;
  total_bytes?: number | null;
  bytes_per_second?: number | null;
  remaining_s?: number | null;
  problem?: TransferProblem | null;
  model_id?: string | null;
  path?: string | null;
  started_at: string;
  ended_at?: string | null;
}

export interface TransfersView {
  transfers: TransferView[];
}

export interface BundleExportRequest {
  path: string;
  pipelines: string[];
  with_models: boolean;
}

export interface BundleImportRequest {
  path: string;
  project_id?: string;
  /** Roles without a model of their own get the one that served them where the bundle was made. */
  bind: boolean;
}

export interface BundleModelView {
  id: string;
  outcome: "new" | "already_there" | "name_taken" | "missing";
  files: string[];
  size_bytes: number;
  sha256: string[];
  repository?: string | null;
  revision?: string | null;
  licence?: string | null;
  included: boolean;
}

export interface BundleImportReport {
  path: string;
  made_at: string;
  program_version: string;
  pipelines: { name: string; outcome: "new" | "already_there"; pipeline_id?: string | null }[];
  models: BundleModelView[];
  bindings: { role: string; model_id: string; outcome: "bound" | "kept" }[];
  needed_bytes: number;
}

export type FindingLevel = "ok" | "info" | "warn" | "error";

export interface Finding {
  code: string;
  level: FindingLevel;
  title: string;
  detail: string;
  remedy?: string | null;
}

export type DoctorDeviceView = DeviceView & { used: boolean; why: string };

/** What is shown of everything that was looked at. */
export interface DoctorReport {
  version: string;
  system: string;
  devices: DoctorDeviceView[];
  worst: FindingLevel;
  findings: Finding[];
}

const getting = {
  catalog: (signal?: AbortSignal) => call<CatalogView>("/catalog", { signal }),
  // The memory of the machine comes with any fit; the Assembler's needs a model only.
  memory: (signal?: AbortSignal) => call<FitView>("/fit", { body: { model: "Assembler" }, signal }),
  hub: (signal?: AbortSignal) => call<HubView>("/hub", { signal }),
  saveHub: (settings: HubSettings) => call<HubView>("/hub", { method: "PUT", body: settings }),
  saveToken: (token: string) => call<HubView>("/hub/token", { method: "PUT", body: { token } }),
  forgetToken: () => call<HubView>("/hub/token", { method: "DELETE" }),
  search: (words: string, signal?: AbortSignal) =>
    call<HubSearchView>(`/hub/search?q=${id(words)}&limit=30`, { signal }),
  repository: (name: string, signal?: AbortSignal) =>
    call<HubRepository>(`/hub/repository?repository=${id(name)}`, { signal }),
  download: (request: DownloadRequest) => call<TransferView>("/downloads", { body: request }),
  transfers: (signal?: AbortSignal) => call<TransfersView>("/transfers", { signal }),
  pause: (transfer: string) => call<TransferView>(`/transfers/${id(transfer)}/pause`, { method: "POST" }),
  resume: (transfer: string) => call<TransferView>(`/transfers/${id(transfer)}/resume`, { method: "POST" }),
  remove: (transfer: string) => call<void>(`/transfers/${id(transfer)}`, { method: "DELETE" }),
  makeBundle: (request: BundleExportRequest) => call<TransferView>("/bundles/export", { body: request }),
  planImport: (request: BundleImportRequest) =>
    call<BundleImportReport>("/bundles/import/plan", { body: request }),
  openBundle: (request: BundleImportRequest) => call<TransferView>("/bundles/import", { body: request }),
  doctor: (signal?: AbortSignal) => call<DoctorReport>("/doctor", { signal }),
};

export const useCatalog = () =>
  useQuery({ queryKey: ["catalog"], queryFn: ({ signal }) => getting.catalog(signal) });

/** What the machine has of memory and what of it is free; unknown without an answer, which is no fault to tell of. */
export const useMemory = () =>
  useQuery({
    queryKey: ["fit", "memory"],
    queryFn: ({ signal }) => getting.memory(signal),
    staleTime: 15_000,
    retry: false,
  }).data;

export const useHub = () => useQuery({ queryKey: ["hub"], queryFn: ({ signal }) => getting.hub(signal) });

function useHubChange<T>(change: (value: T) => Promise<HubView>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (hub) => {
      queries.setQueryData(["hub"], hub);
      // Another address or token may be answered otherwise.
      queries.invalidateQueries({ queryKey: ["hub", "asked"] });
    },
  });
}

export const useSaveHub = () => useHubChange(getting.saveHub);
export const useSaveToken = () => useHubChange(getting.saveToken);
export const useForgetToken = () => useHubChange<void>(getting.forgetToken);

/** What the hub finds; it is asked only when there are words. The last answer stays while the next is on its way. */
export const useHubSearch = (words: string) =>
  useQuery({
    queryKey: ["hub", "asked", "search", words],
    queryFn: ({ signal }) => getting.search(words, signal),
    enabled: words !== "",
    placeholderData: keepPreviousData,
    staleTime: 300_000,
    retry: false,
  });

export const useHubRepository = (name: string) =>
  useQuery({
    queryKey: ["hub", "asked", "repository", name],
    queryFn: ({ signal }) => getting.repository(name, signal),
    staleTime: 300_000,
    retry: false,
  });

/** While one of these is under way, the list changes many times a second. */
export const isUnderWay = ({ state }: Pick<TransferView, "state">): boolean =>
  state === "running" || state === "waiting";

export const hasEnded = ({ state }: Pick<TransferView, "state">): boolean =>
  state === "done" || state === "failed" || state === "cancelled";

/** The long work on files. One place of the window watches it; the others read what that place has learnt. */
export const useTransfers = ({ watch = false } = {}) =>
  useQuery({
    queryKey: ["transfers"],
    queryFn: ({ signal }) => getting.transfers(signal),
    select: (data) => data.transfers,
    refetchInterval: (query) => {
      if (!watch) return false;
      return query.state.data?.transfers.some(isUnderWay) ? 500 : 5000;
    },
    refetchIntervalInBackground: watch,
    retry: false,
  });

function useTransferChange<T, R>(change: (value: T) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queries.invalidateQueries({ queryKey: ["transfers"] }),
  });
}

export const useDownload = () => useTransferChange(getting.download);
export const usePauseTransfer = () => useTransferChange(getting.pause);
/** Lets a paused one go on, or a failed download try again. */
export const useResumeTransfer = () => useTransferChange(getting.resume);
/** Ends one and removes what it left unfinished; one that has ended goes from the list. */
export const useRemoveTransfer = () => useTransferChange(getting.remove);
export const useMakeBundle = () => useTransferChange(getting.makeBundle);
export const useOpenBundle = () => useTransferChange(getting.openBundle);
export const usePlanImport = () => useMutation({ mutationFn: getting.planImport });

/** Looks at everything that models need, which takes a moment, so it is done once and when the user asks. */
export const useDoctor = () =>
  useQuery({
    queryKey: ["doctor"],
    queryFn: ({ signal }) => getting.doctor(signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
