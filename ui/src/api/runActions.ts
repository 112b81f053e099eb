// What can be done with a run, as mutations. Each leaves the lists in which the run stands to be read again; the run's own page learns
// of it through its events.
import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "./client";
import type { RunView } from "./types";

function refresh(queries: QueryClient) {
  queries.invalidateQueries({ queryKey: ["runs"] });
  queries.invalidateQueries({ queryKey: ["queue"] });
}

function useRunAction<T, V>(mutationFn: (variables: V) => Promise<T>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => refresh(queries) });
}

export const useCancelRun = () => useRunAction((runId: string) => api.cancel(runId));

/** Lets a running run wait for the user after its running step. */
export const usePauseRun = () => useRunAction((runId: string) => api.pause(runId));

export const useResumeRun = () => useRunAction((runId: string) => api.resume(runId));

/** Makes a new run of the same pipeline, which takes over the steps before `from`. */
export const useRerun = () =>
  useRunAction<RunView, { runId: string; from?: string }>(({ runId, from }) => api.rerun(runId, from));

/** Puts a waiting run before another one, or last; the queue's new order is shown as it is answered. */
export function useMoveRun() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ runId, before }: { runId: string; before: string | null }) => api.moveRun(runId, before),
    onSuccess: (queue) => queries.setQueryData(["queue"], queue),
    onError: () => queries.invalidateQueries({ queryKey: ["queue"] }),
  });
}
