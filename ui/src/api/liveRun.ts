// Follows one run: fetches it, then folds its events in. Events are gathered and folded once per animation frame, so that a fast
// model costs the page no more than one update a frame. A dropped stream is taken up again after the last durable event.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { ApiError, api, runEvents } from "./client";
import { isOver, type LiveRun, reduceRun, startLive } from "./runView";
import type { RunEvent } from "./types";

export interface RunState {
  live?: LiveRun;
  error?: ApiError;
  retry: () => void;
}

/** Waits in ms between attempts to take up a dropped stream. */
const RETRY_MS = [250, 500, 1000, 2000, 4000];

export function useLiveRun(runId: string): RunState {
  const [state, setState] = useState<{ live?: LiveRun; error?: ApiError }>({});
  const [attempt, setAttempt] = useState(0);
  const queries = useQueryClient();
  const retry = useCallback(() => setAttempt((count) => count + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt starts the same effect again.
  useEffect(() => {
    const abort = new AbortController();
    setState({});
    followRun(runId, abort.signal, (live) => setState({ live }))
      .then(() => queries.invalidateQueries({ queryKey: ["runs"] }))
      .catch((error: unknown) => {
        if (!abort.signal.aborted && error instanceof ApiError) setState((old) => ({ ...old, error }));
      });
    return () => abort.abort();
  }, [runId, attempt, queries]);

  return { ...state, retry };
}

async function followRun(runId: string, signal: AbortSignal, show: (live: LiveRun) => void): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    const run = await api.run(runId, signal);
    const folder = frameFolder(startLive(run), (live) => !signal.aborted && show(live));
    show(folder.current());
    if (isOver(run)) return;
    try {
      for await (const event of runEvents(runId, run.seq, signal)) {
        failures = 0;
        folder.add(event);
        if (folder.pendingDoubt()) break;
      }
    } catch (error) {
      if (signal.aborted || failures >= RETRY_MS.length) throw error;
    } finally {
      folder.stop();
    }
    if (signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]));
  }
}

/** Gathers events and folds them once per animation frame. */
function frameFolder(start: LiveRun, show: (live: LiveRun) => void) {
  let live = start;
  let waiting: RunEvent[] = [];
  let frame = 0;

  function fold(): void {
    frame = 0;
    live = waiting.reduce(reduceRun, live);
    waiting = [];
    show(live);
  }

  return {
    add(event: RunEvent) {
      waiting.push(event);
      // A hidden page gets no frames, so a long queue is folded at once.
      if (waiting.length > 2000) {
        cancelAnimationFrame(frame);
        fold();
      } else if (!frame) frame = requestAnimationFrame(fold);
    },
    current: () => live,
    pendingDoubt: () => live.doubtful,
    stop() {
      cancelAnimationFrame(frame);
      if (waiting.length > 0) fold();
    },
  };
}
