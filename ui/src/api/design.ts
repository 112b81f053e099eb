// The calls and shapes of the designer: prompt preview and token budget, saved pipelines with their drafts and versions, projects.
import type { components } from "@/bindings/api";
import { call } from "./client";
import type { Json, Pipeline, Role, RunView } from "./types";

const id = encodeURIComponent;

type Schemas = components["schemas"];

/** What a piece of a prompt is. `layout` is what the model's chat template adds around the messages. */
export type PartKind = Schemas["PartKind"];
export type PromptPart = Schemas["PreviewPartView"];
export type PreviewModel = Schemas["PreviewModelView"];
export type PreviewMessage = Schemas["PreviewMessage"];
/** One step's prompt and its size; the Assembler is the last. */
export type StepPreview = Schemas["PreviewStepView"];
export type PreviewView = Schemas["PreviewView"];

/** The pipeline may be unfinished. With `step`, that step's messages and text are answered too; outputs of `run_id` count as known
 * where they would be reused. */
export type PreviewRequest = { pipeline: Pipeline; step?: string; run_id?: string };

// Documents are whatever the editor keeps; it reads them as pipelines.

/** The unsaved state of a saved pipeline: kept on the server between two versions. */
export type StoredDraft = Omit<Schemas["KeptDraft"], "document" | "editor"> & {
  document: Pipeline;
  /** What the editor wants back, e.g. its undo history. */
  editor?: Json;
};
export type SavedPipeline = Omit<Schemas["SavedPipeline"], "document" | "draft"> & {
  document: Pipeline;
  draft?: StoredDraft | null;
};
/** The document calls the roles texts, since a draft may hold anything; the editor shows those that it knows. */
export type PipelineSummary = Omit<Schemas["PipelineSummary"], "roles"> & { roles: Role[] };
export type VersionSummary = Schemas["VersionSummary"];
export type SavedVersion = Omit<Schemas["SavedVersion"], "document"> & { document: Pipeline };
type DraftRequest = Omit<Schemas["DraftRequest"], "document" | "editor"> & {
  document: Pipeline;
  editor?: Json;
};

export const design = {
  preview: (projectId: string, body: PreviewRequest, signal?: AbortSignal) =>
    call<PreviewView>(`/projects/${id(projectId)}/preview`, { body, signal }),
  pipelines: (projectId?: string, signal?: AbortSignal) =>
    call<{ pipelines: PipelineSummary[] }>(`/pipelines${projectId ? `?project_id=${id(projectId)}` : ""}`, {
      signal,
    }),
  pipeline: (pipelineId: string, signal?: AbortSignal) =>
    call<SavedPipeline>(`/pipelines/${id(pipelineId)}`, { signal }),
  createPipeline: (body: { project_id?: string | null; document: Pipeline; label?: string | null }) =>
    call<SavedPipeline>("/pipelines", { body }),
  /** Makes a version of the document; one that equals the newest makes none. The draft is dropped. */
  saveVersion: (
    pipelineId: string,
    body: { document: Pipeline; label?: string | null; base_version?: number | null },
  ) => call<SavedPipeline>(`/pipelines/${id(pipelineId)}`, { method: "PUT", body }),
  deletePipeline: (pipelineId: string) => call<void>(`/pipelines/${id(pipelineId)}`, { method: "DELETE" }),
  copyPipeline: (pipelineId: string, body: { name?: string; project_id?: string }) =>
    call<SavedPipeline>(`/pipelines/${id(pipelineId)}/copy`, { body }),
  /** Keeps the unsaved state. A `seq` that is not newer than the kept one's is refused with 409 `draft_conflict`. */
  saveDraft: (pipelineId: string, body: DraftRequest) =>
    call<{ saved_at: string; seq: number }>(`/pipelines/${id(pipelineId)}/draft`, { method: "PUT", body }),
  dropDraft: (pipelineId: string) => call<void>(`/pipelines/${id(pipelineId)}/draft`, { method: "DELETE" }),
  versions: (pipelineId: string, signal?: AbortSignal) =>
    call<{ versions: VersionSummary[] }>(`/pipelines/${id(pipelineId)}/versions`, { signal }),
  version: (pipelineId: string, version: number, signal?: AbortSignal) =>
    call<SavedVersion>(`/pipelines/${id(pipelineId)}/versions/${version}`, { signal }),
  labelVersion: (pipelineId: string, version: number, label: string | null) =>
    call<VersionSummary>(`/pipelines/${id(pipelineId)}/versions/${version}`, {
      method: "PUT",
      body: { label },
    }),
  /** Queues the pipeline and answers at once; the executed document is kept as a version of `pipelineId`. */
  execute: (projectId: string, pipeline: Pipeline, pipelineId?: string) =>
    call<RunView>(`/projects/${id(projectId)}/execute${pipelineId ? `?pipeline_id=${id(pipelineId)}` : ""}`, {
      body: pipeline,
      headers: { prefer: "respond-async" },
    }),
};
