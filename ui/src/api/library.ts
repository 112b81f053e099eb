// The calls and shapes of the history, of the trash and of projects, and their cached queries.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { components } from "@/bindings/api";
import { call } from "./client";
import { isAtRest } from "./runView";
import type { Context, Health, Project, RunSummary, RunView, StorageView } from "./types";

const id = encodeURIComponent;

type Schemas = components["schemas"];

/** A line of the history. */
export type ListedRun = RunSummary;
export type ListedPage = Schemas["RunPage"];
export type SnippetPart = Schemas["SnippetPart"];

/** Which runs are listed; what is absent or empty does not narrow the list. */
export interface RunFilter {
  q?: string;
  /** Statuses, `INTERRUPTED` and `PAUSED` among them, joined with commas. */
  status?: string;
  project_id?: string;
  pipeline_id?: string;
  favourite?: boolean;
  /** RFC 3339; runs created from then on. */
  from?: string;
}

/** What became of many runs at once. */
export type Refusal = Schemas["RefusedRun"];
export type DeletedRuns = Schemas["DeletedRuns"];
export type RestoredRuns = Schemas["RestoredRuns"];

/** What a request for a project may leave out, its context and its folder. */
export type ProjectRequest = Partial<Schemas["ProjectRequest"]> & { name: string; global_context?: Context };

/** A processor that the worker can compute on. */
export type Device = Schemas["DeviceView"];
/** What the worker says; it tells of the machine once it has run. */
export type WorkerHealth = Health["worker"];
export type Storage = StorageView;

export const library = {
  runs: (
    filter: RunFilter,
    page: { before?: string; limit: number; count?: boolean },
    signal?: AbortSignal,
  ) => call<ListedPage>(`/runs?${runsQuery(filter, page)}`, { signal }),
  setFavourite: (runId: string, favourite: boolean) =>
    call<void>(`/runs/${id(runId)}/favourite`, { method: "PUT", body: { favourite } }),
  /** Moves runs to the trash, from which they can be restored for a week. */
  deleteRuns: (runIds: string[]) => call<DeletedRuns>("/runs/delete", { body: { run_ids: runIds } }),
  restoreRuns: (runIds: string[]) => call<RestoredRuns>("/runs/restore", { body: { run_ids: runIds } }),
  restoreRun: (runId: string) => call<RunView>(`/runs/${id(runId)}/restore`, { method: "POST" }),
  createProject: (body: ProjectRequest) => call<Project>("/projects", { body }),
  /** Replaces name, folder and context; what the body leaves out is empty then. */
  saveProject: (projectId: string, body: ProjectRequest) =>
    call<Project>(`/projects/${id(projectId)}`, { method: "PUT", body }),
  deleteProject: (projectId: string, withContent: boolean) =>
    call<void>(`/projects/${id(projectId)}${withContent ? "?with_content=true" : ""}`, { method: "DELETE" }),
};

function runsQuery(filter: RunFilter, page: { before?: string; limit: number; count?: boolean }): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filter, ...page }))
    if (value !== undefined && value !== "" && value !== false) search.set(name, String(value));
  return search.toString();
}

/** Runs on a page of the list; enough for the largest window, and quick to read. */
export const PAGE_RUNS = 100;

/** The list's first page with the number of all its runs, read again by itself while one of its runs is under way. */
export const useRunsHead = (filter: RunFilter) =>
  useQuery({
    queryKey: ["runs", "head", filter],
    queryFn: ({ signal }) => library.runs(filter, { limit: PAGE_RUNS, count: true }, signal),
    refetchInterval: (query) => (query.state.data?.runs.some((run) => !isAtRest(run)) ? 3000 : false),
  });

export function useFavourite() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ runId, favourite }: { runId: string; favourite: boolean }) =>
      library.setFavourite(runId, favourite),
    onSettled: () => queries.invalidateQueries({ queryKey: ["runs"] }),
  });
}

/** Makes a project, or changes the one with the id. */
export function useSaveProject() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ projectId, ...body }: ProjectRequest & { projectId?: string }) =>
      projectId ? library.saveProject(projectId, body) : library.createProject(body),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["projects"] }),
  });
}

export function useDeleteProject() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ projectId, withContent }: { projectId: string; withContent: boolean }) =>
      library.deleteProject(projectId, withContent),
    onSuccess: () =>
      Promise.all(
        ["projects", "runs", "queue", "storage", "pipelines"].map((kind) =>
          queries.invalidateQueries({ queryKey: [kind] }),
        ),
      ),
  });
}
