// Follows one run: fetches it, then folds its events in. Text is gathered and folded on the beat, so that a fast model costs the page no
// more than a few drawings a second; what changes the run's state is told at once. The stream stays open while the run is paused or interrupted, since somebody
// may resume it; one that drops is taken up again after the last durable event, so nothing is lost and nothing comes twice.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { onNextBeat } from "./beat";
import { ApiError, api, runEvents } from "./client";
import { isEnded, type LiveRun, reduceRun, startLive } from "./runView";
import type { RunEvent, RunView } from "./types";

export interface FollowedRun {
  live?: LiveRun;
  /** Why there is no view, or why it will not change any more. */
  error?: ApiError;
  /** The connection is gone and is being made again; the view is as old as that. */
  offline?: boolean;
  retry: () => void;
  /** Shows a newer view than the events have told of, such as the answer to an edit of a run that has ended. */
  show: (run: RunView) => void;
}

interface Watcher {
  show: (live: LiveRun) => void;
  setOffline: (offline: boolean) => void;
}

/** Waits in ms between attempts to take up a dropped stream; the last one repeats. */
const RETRY_MS = [250, 500, 1000, 2000, 4000];

export function useLiveRun(runId: string): FollowedRun {
  const [state, setState] = useState<Omit<FollowedRun, "retry" | "show">>({});
  const [attempt, setAttempt] = useState(0);
  const queries = useQueryClient();
  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  const show = useCallback(
    (run: RunView) =>
      setState((old) => (old.live && old.live.run.seq > run.seq ? old : { ...old, live: startLive(run) })),
    [],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt starts the same effect again.
  useEffect(() => {
    const abort = new AbortController();
    setState({});
    const watcher: Watcher = {
      show: (live) => !abort.signal.aborted && setState((old) => ({ ...old, live })),
      setOffline: (offline) => !abort.signal.aborted && setState((old) => ({ ...old, offline })),
    };
    followRun(runId, abort.signal, watcher)
      .then(() =>
        Promise.all(
          ["runs", "queue", "health"].map((kind) => queries.invalidateQueries({ queryKey: [kind] })),
        ),
      )
      .catch((error: unknown) => {
        if (!abort.signal.aborted && error instanceof ApiError) setState((old) => ({ ...old, error }));
      });
    return () => abort.abort();
  }, [runId, attempt, queries]);

  return { ...state, retry, show };
}

/** Shows the run until it has ended. A first fetch that fails is final; later ones are tried again for as long as it takes. */
export async function followRun(runId: string, signal: AbortSignal, watcher: Watcher): Promise<void> {
  let folder = beatFolder(startLive(await api.run(runId, signal)), watcher.show);
  watcher.show(folder.current());
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      if (folder.current().doubtful) {
        folder = beatFolder(startLive(await api.run(runId, signal)), watcher.show);
        watcher.show(folder.current());
      }
      if (isEnded(folder.current().run.status)) return;
      const opened = () => watcher.setOffline(false);
      for await (const event of runEvents(runId, folder.current().run.seq, signal, opened)) {
        failures = 0;
        folder.add(event);
        if (folder.current().doubtful) break;
      }
    } catch (error) {
      if (signal.aborted) throw error;
      // The run is gone, or this page may not see it any more: asking again would not help.
      if (error instanceof ApiError && isRefusal(error.problem.status)) throw error;
      watcher.setOffline(true);
    } finally {
      folder.flush();
    }
    const { run, doubtful } = folder.current();
    if (isEnded(run.status) && !doubtful) return watcher.setOffline(false);
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 0, signal);
  }
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500;
}

/** Waits, or ends early when the page no longer follows. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Events that may wait for the beat: a page at rest in the background has slow timers. */
const MOST_WAITING = 2000;

/** Gathers events; text and progress are folded on the beat, with a change of state at once. */
function beatFolder(start: LiveRun, show: (live: LiveRun) => void) {
  let live = start;
  let waiting: RunEvent[] = [];
  let cancel: (() => void) | undefined;

  function fold(): void {
    cancel?.();
    cancel = undefined;
    live = waiting.reduce(reduceRun, live);
    waiting = [];
    show(live);
  }

  return {
    add(event: RunEvent) {
      waiting.push(event);
      if (changesState(event) || waiting.length > MOST_WAITING) fold();
      else cancel ??= onNextBeat(fold);
    },
    current: () => live,
    /** Folds what is still waiting. */
    flush() {
      if (waiting.length > 0) fold();
    },
  };
}

/** The durable chunks of a text come several times a second, beside what has told of the same text already. */
function changesState(event: RunEvent): boolean {
  return event.event === "change" && event.change.kind !== "step_text";
}
