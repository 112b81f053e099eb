// The API's answers as cached queries. Keys start with the noun, so that a change invalidates all of its kind.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "./client";
import { chosenOf, DEFAULT_PROJECT, useChosenProject } from "./currentProject";
import type { Pipeline, Settings } from "./types";

export { DEFAULT_PROJECT } from "./currentProject";

export const useTemplates = () =>
  useQuery({
    queryKey: ["templates"],
    queryFn: ({ signal }) => api.templates(signal),
    select: (data) => data.templates,
  });

export const useModels = () =>
  useQuery({ queryKey: ["models"], queryFn: ({ signal }) => api.models(signal) });

export const useProjects = () =>
  useQuery({
    queryKey: ["projects"],
    queryFn: ({ signal }) => api.projects(signal),
    select: (data) => data.projects,
  });

/** Worker and queue, asked every two seconds while the page is visible. */
export const useHealth = () =>
  useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => api.health(signal),
    refetchInterval: 2000,
    refetchIntervalInBackground: false,
    retry: false,
  });

export const useSettings = () =>
  useQuery({
    queryKey: ["settings"],
    queryFn: ({ signal }) => api.settings(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

export function useSaveSettings() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (settings: Settings) => api.saveSettings(settings),
    onMutate: (settings) => queries.setQueryData(["settings"], settings),
    onError: () => queries.invalidateQueries({ queryKey: ["settings"] }),
  });
}

/** Faults of a pipeline; the last answer stays while the next is on its way. */
export const useValidation = (pipeline: Pipeline | undefined) =>
  useQuery({
    queryKey: ["validate", pipeline],
    queryFn: ({ signal }) => api.validate(pipeline as Pipeline, signal),
    enabled: pipeline !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
    retry: false,
  });

/** Starts a run in the current project. */
export function useExecute() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (pipeline: Pipeline) => {
      const { projects } = await queries.fetchQuery({
        queryKey: ["projects"],
        queryFn: ({ signal }) => api.projects(signal),
        staleTime: 60_000,
      });
      const project = chosenOf(projects, useChosenProject.getState().id);
      // The pipeline may say that it belongs elsewhere; it runs where the window works.
      const { project_id: _, ...document } = pipeline;
      return api.execute(project?.id ?? DEFAULT_PROJECT, document);
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["runs"] }),
  });
}

/** The queue, asked every two seconds while the page is visible and `watched`. */
export const useQueue = (watched = true) =>
  useQuery({
    queryKey: ["queue"],
    queryFn: ({ signal }) => api.queue(signal),
    enabled: watched,
    refetchInterval: 2000,
    refetchIntervalInBackground: false,
  });

/** Whether any run exists; decides what the first screen is. */
export const useHasRuns = () =>
  useQuery({
    queryKey: ["runs", "any"],
    queryFn: ({ signal }) => api.runs({ limit: 1 }, signal),
    select: (page) => page.runs.length > 0,
  });
