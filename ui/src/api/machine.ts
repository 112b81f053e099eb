// The data folder and the listener as cached queries.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "./client";
import type { Retention, ServerSettings } from "./types";

export const useStorage = () =>
  useQuery({ queryKey: ["storage"], queryFn: ({ signal }) => api.storage(signal) });

/** Removes ended runs beyond the limits, or with `dryRun` only tells which would go. */
export function usePrune() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ limits, dryRun }: { limits: Retention; dryRun: boolean }) => api.prune(limits, dryRun),
    onSuccess: (report) => {
      if (report.dry_run) return;
      queries.invalidateQueries({ queryKey: ["storage"] });
      queries.invalidateQueries({ queryKey: ["runs"] });
    },
  });
}

export const useBackup = () => useMutation({ mutationFn: (path: string) => api.backup(path) });

export const useServer = () =>
  useQuery({ queryKey: ["server"], queryFn: ({ signal }) => api.server(signal) });

export function useSwitchServer() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (settings: ServerSettings) => api.switchServer(settings),
    onSuccess: (server) => queries.setQueryData(["server"], server),
  });
}
