import { useCallback, useEffect, useState } from "react";
import type { ListedRun, RunFilter } from "@/api/library";

/** The selected runs. They stay selected when they scroll out of view, and not when another list is asked for. */
export function useSelection(filter: RunFilter) {
  const [runs, setRuns] = useState<ReadonlyMap<string, ListedRun>>(new Map());
  const clear = useCallback(() => setRuns((old) => (old.size === 0 ? old : new Map())), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list is what clears it.
  useEffect(clear, [filter]);
  return {
    runs,
    clear,
    toggle: (run: ListedRun) =>
      setRuns((old) => {
        const next = new Map(old);
        if (!next.delete(run.run_id)) next.set(run.run_id, run);
        return next;
      }),
    drop: (runIds: string[]) =>
      setRuns((old) => {
        const next = new Map(old);
        for (const runId of runIds) next.delete(runId);
        return next;
      }),
  };
}
