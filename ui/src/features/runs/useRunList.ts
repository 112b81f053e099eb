import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { type ListedRun, library, type RunFilter, useRunsHead } from "@/api/library";
import {
  fromHead,
  nextFetch,
  type RunList,
  trimmed,
  withChange,
  withHead,
  withoutRuns,
  withPage,
  withRuns,
} from "./runList";

/** Places of the list that are in view, the last included. */
export interface View {
  first: number;
  last: number;
}

interface Held {
  /** The filter whose list this is, and the same as text. */
  filter: RunFilter;
  key: string;
  list: RunList;
}

export interface History {
  /** Undefined until the first answer. While another filter is asked for, the list of the one before. */
  list: RunList | undefined;
  /** The filter that the list answers. */
  answered: RunFilter | undefined;
  /** That is the filter which is set. */
  current: boolean;
  error: unknown;
  retry: () => void;
  /** Rows in view could not be fetched. */
  pageError: unknown;
  see: (view: View) => void;
  remove: (runIds: string[]) => void;
  bringBack: (runs: ListedRun[]) => void;
  change: (runId: string, patch: Partial<ListedRun>) => void;
}

/** The history under a filter, of which the rows in view are fetched as they are needed. */
export function useRunList(filter: RunFilter): History {
  const key = JSON.stringify(filter);
  const head = useRunsHead(filter);
  const [held, setHeld] = useState<Held | null>(null);
  const [view, setView] = useState<View>({ first: 0, last: 0 });
  const [pageError, setPageError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const queries = useQueryClient();
  const fetching = useRef(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the filter.
  useEffect(() => {
    const { data } = head;
    if (!data) return;
    setHeld((old) => ({
      filter,
      key,
      list: old?.key === key ? withHead(old.list, data) : fromHead(data),
    }));
  }, [key, head.data]);

  const current = held?.key === key;
  const list = held?.list;
  const edit = useCallback(
    (change: (list: RunList) => RunList) => setHeld((old) => old && { ...old, list: change(old.list) }),
    [],
  );

  // One page at a time: each answer changes the list, which asks again for what is still missing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt starts the same effect again.
  useEffect(() => {
    if (!list || !current || fetching.current) return;
    const wanted = nextFetch(list, view.first, view.last);
    if (!wanted) return;
    fetching.current = true;
    const { cursor, limit } = wanted;
    library
      .runs(filter, { before: cursor, limit })
      .finally(() => {
        fetching.current = false;
      })
      .then(
        (answer) => {
          setPageError(null);
          setHeld((old) =>
            old?.key === key
              ? { ...old, list: trimmed(withPage(old.list, cursor, answer), view.first) }
              : old && { ...old },
          );
        },
        (error: unknown) => setPageError(error),
      );
  }, [list, current, view, key, attempt]);

  return {
    list,
    answered: held?.filter,
    current,
    error: head.isError ? head.error : null,
    pageError,
    retry: () => {
      setPageError(null);
      setAttempt((count) => count + 1);
      queries.invalidateQueries({ queryKey: ["runs"] });
    },
    see: useCallback(
      (next: View) => setView((old) => (old.first === next.first && old.last === next.last ? old : next)),
      [],
    ),
    remove: (runIds) => edit((old) => withoutRuns(old, new Set(runIds))),
    bringBack: (runs) => edit((old) => withRuns(old, runs)),
    change: (runId, patch) => edit((old) => withChange(old, runId, patch)),
  };
}
