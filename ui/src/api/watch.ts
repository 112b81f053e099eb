// Watching, editing and exporting a run: the calls and shapes beyond the ones that every screen needs. What a run's view says more of
// than the committed document is declared here as an addition to its shapes.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { components } from "@/bindings/api";
import { api, call } from "./client";
import type { ExportAction, ExportPlan, ExportResult, FinalChoice, Pipeline, RunView } from "./types";

const id = encodeURIComponent;

type Schemas = components["schemas"];

/** Which list of artifacts is meant: a step's, or the run's final one. */
export type ArtifactTarget = Schemas["ArtifactTarget"];

/** One change to a list of artifacts. `index` is a place in that list, from 0; lines count from 1. */
export type ArtifactOperation = Schemas["ArtifactOperation"];
/** An artifact with its number in the store, by which it is previewed. */
export type StoredArtifact = Schemas["StoredArtifact"];

// Running again with edits.

export type RerunReasonCode = Schemas["RerunCode"];
export type RerunReason = Schemas["RerunReason"];
export type RerunStep = Schemas["RerunStep"];
export interface RerunRequest {
  runId: string;
  /** The run's own pipeline when absent. */
  pipeline?: Pipeline;
  /** Name of the first step that is to run whatever has changed. */
  from?: string;
}

// Export.

export type ExportFile = ExportPlan["files"][number];
export type ExportPreview = ExportPlan;
export type { ExportAction };
export type ExportOutcome = ExportResult;
export type ExportOrder = Partial<Schemas["ExportRequest"]> & { folder: string };
export type PastExport = Schemas["RunExport"];
export type UndoneExport = Schemas["UndoResult"];

const query = (entries: Record<string, string | undefined>) =>
  new URLSearchParams(
    Object.entries(entries).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

export const watchApi = {
  /** Puts the user's text in the place of a finished step's output; the run must be held. */
  editOutput: (runId: string, stepName: string, result: string) =>
    call<RunView>(`/runs/${id(runId)}/steps/${id(stepName)}/output`, { method: "PUT", body: { result } }),
  artifacts: (runId: string, signal?: AbortSignal) =>
    call<{ artifacts: StoredArtifact[] }>(`/runs/${id(runId)}/artifacts`, { signal }),
  editArtifacts: (runId: string, target: ArtifactTarget, operation: ArtifactOperation) =>
    call<RunView>(`/runs/${id(runId)}/artifacts/edit`, { body: { target, operation } }),
  /** Makes the Assembler's result or the steps' latest pieces the final ones; edits of the final ones are given up. */
  chooseFinal: (runId: string, from: FinalChoice) =>
    call<RunView>(`/runs/${id(runId)}/final`, { body: { from } }),
  /** Reads the outputs of an ended run again by the present rules; nothing is generated. */
  reread: (runId: string) => call<RunView>(`/runs/${id(runId)}/reread`, { method: "POST" }),
  planRerun: ({ runId, ...body }: RerunRequest, signal?: AbortSignal) =>
    call<{ steps: RerunStep[] }>(`/runs/${id(runId)}/rerun/plan`, { body, signal }),
  /** Makes a new run that keeps what the plan keeps. */
  rerunKeeping: ({ runId, pipeline, from }: RerunRequest) =>
    call<RunView>(`/runs/${id(runId)}/rerun?${query({ keep: "unchanged", from })}`, {
      body: { ...(pipeline && { pipeline }) },
    }),
  planExport: (runId: string, order: ExportOrder, signal?: AbortSignal) =>
    call<ExportPreview>(`/runs/${id(runId)}/export/plan`, { body: order, signal }),
  export: (runId: string, order: ExportOrder) =>
    call<ExportOutcome>(`/runs/${id(runId)}/export`, { body: order }),
  undoExport: (exportId: string, overwrite: boolean) =>
    call<UndoneExport>(`/exports/${id(exportId)}/undo`, { body: { overwrite } }),
  exports: (runId: string, signal?: AbortSignal) =>
    call<{ exports: PastExport[] }>(`/runs/${id(runId)}/exports`, { signal }),
};

/** A run that is not followed, such as one of two that are compared. */
export const useRun = (runId: string) =>
  useQuery({ queryKey: ["run", runId], queryFn: ({ signal }) => api.run(runId, signal), retry: false });

export function useEditOutput() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ runId, stepName, result }: { runId: string; stepName: string; result: string }) =>
      watchApi.editOutput(runId, stepName, result),
    onSettled: () => queries.invalidateQueries({ queryKey: ["runs"] }),
  });
}

/** A change of a run's artifacts, after which what is made of them is read again. */
function useArtifactChange<V>(runId: string, mutationFn: (variables: V) => Promise<RunView>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () => {
      queries.invalidateQueries({ queryKey: ["artifacts", runId] });
      queries.invalidateQueries({ queryKey: ["export", runId] });
      queries.invalidateQueries({ queryKey: ["runs"] });
    },
  });
}

export const useEditArtifacts = (runId: string) =>
  useArtifactChange(
    runId,
    ({ target, operation }: { target: ArtifactTarget; operation: ArtifactOperation }) =>
      watchApi.editArtifacts(runId, target, operation),
  );

export const useChooseFinal = (runId: string) =>
  useArtifactChange(runId, (from: FinalChoice) => watchApi.chooseFinal(runId, from));

export const useReread = (runId: string) => useArtifactChange<void>(runId, () => watchApi.reread(runId));

/** The run's artifacts with their numbers in the store; `version` changes whenever the lists may have. */
export const useStoredArtifacts = (runId: string, version: string, wanted: boolean) =>
  useQuery({
    queryKey: ["artifacts", runId, version],
    queryFn: ({ signal }) => watchApi.artifacts(runId, signal),
    select: (data) => data.artifacts,
    enabled: wanted,
    gcTime: 30_000,
    retry: false,
  });

export const useRerunPlan = (request: RerunRequest, wanted: boolean) =>
  useQuery({
    enabled: wanted,
    queryKey: ["rerun", request],
    queryFn: ({ signal }) => watchApi.planRerun(request, signal),
    select: (data) => data.steps,
    placeholderData: (before) => before,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

export function useRerunKeeping() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: watchApi.rerunKeeping,
    onSettled: () => {
      queries.invalidateQueries({ queryKey: ["runs"] });
      queries.invalidateQueries({ queryKey: ["queue"] });
    },
  });
}

export const useExportPreview = (runId: string, folder: string, rename: Record<string, string>) =>
  useQuery({
    queryKey: ["export", runId, folder, rename],
    queryFn: ({ signal }) => watchApi.planExport(runId, exportOrder(folder, rename), signal),
    enabled: folder !== "",
    placeholderData: (before, asked) => (asked?.queryKey[2] === folder ? before : undefined),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

/** The part of an export's order that is known before its plan. */
export const exportOrder = (folder: string, rename: Record<string, string>): ExportOrder => ({
  folder,
  ...(Object.keys(rename).length > 0 && { rename }),
});

export const usePastExports = (runId: string) =>
  useQuery({
    queryKey: ["exports", runId],
    queryFn: ({ signal }) => watchApi.exports(runId, signal),
    select: (data) => data.exports,
    retry: false,
  });

export function useUndoExport(runId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ exportId, overwrite }: { exportId: string; overwrite: boolean }) =>
      watchApi.undoExport(exportId, overwrite),
    onSettled: () => {
      queries.invalidateQueries({ queryKey: ["exports", runId] });
      queries.invalidateQueries({ queryKey: ["export", runId] });
    },
  });
}
