// The calls and shapes of getting models: the catalog, the hub, long work on files, bundles, and what the machine is found to have, with
// their cached queries. Sizes are in bytes, speeds in bytes per second, stamps are RFC 3339.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { components } from "@/bindings/api";
import { call } from "./client";
import type { FitView } from "./models";
import type { Role } from "./types";

const id = encodeURIComponent;

type Schemas = components["schemas"];

export type CatalogFileView = Schemas["CatalogFileView"];
export type Workstation = "cpu" | "8GB" | "16GB" | "32GB";
/** The document calls roles and workstations texts, so that a new one breaks no client; these are the ones there are. */
export type CatalogModelView = Omit<Schemas["CatalogModelView"], "roles" | "workstation"> & {
  roles: Role[];
  workstation: Workstation[];
};
export type CatalogProblemView = Schemas["CatalogProblemView"];
export type CatalogView = Omit<Schemas["CatalogView"], "entries"> & { entries: CatalogModelView[] };
export type HubTokenOrigin = Schemas["HubTokenOrigin"];
export type HubView = Schemas["HubView"];
/** Absent are the hub's own address and no limit. */
export type HubSettings = Partial<Schemas["HubSettings"]> & Pick<Schemas["HubSettings"], "max_downloads">;
export type HubModel = Schemas["HubModel"];
export type HubSearchView = Schemas["HubSearchView"];
export type HubModelFiles = Schemas["HubModelFiles"];
export type HubFile = Schemas["HubFile"];
export type HubRepository = Schemas["HubRepository"];

/** Files of a repository that are one model, or a model of the catalog; the document can say this only in words. */
export type DownloadRequest =
  | { repository: string; revision?: string; paths: string[] }
  | { catalog_id: string; quantization?: string };

export type TransferKind = Schemas["TransferKind"];
export type TransferState = Schemas["TransferState"];
export type TransferProblem = Schemas["TransferProblem"];
export type TransferView = Schemas["TransferView"];
export type LeftOutFile = Schemas["LeftOutFile"];
export type TransfersView = Schemas["TransfersView"];
export type BundleExportRequest = Schemas["BundleExportRequest"];
export type BundleImportRequest = Schemas["BundleImportRequest"];
export type BundleModelView = Schemas["BundleModelView"];
export type BundleImportReport = Schemas["BundleImportReport"];
export type FindingLevel = Schemas["FindingLevel"];
export type Finding = Schemas["DoctorFinding"];
export type DoctorDeviceView = Schemas["DoctorDeviceView"];
/** What is shown of everything that was looked at. */
export type DoctorReport = Pick<
  Schemas["DoctorReport"],
  "version" | "system" | "devices" | "worst" | "findings"
>;

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
