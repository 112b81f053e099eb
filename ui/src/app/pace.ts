// How far the run that is carried out has come, for the foot of the rail: read from the run's events, of which only the numbers are kept.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { onEveryBeat } from "@/api/beat";
import { api, runEvents } from "@/api/client";
import type { RunEvent } from "@/api/types";

export type Pace =
  | { kind: "loading"; fraction: number }
  | { kind: "prompt"; fraction: number }
  /** Tokens per second, once there are enough of them to tell. */
  | { kind: "writing"; rate?: number };

/** Shortest time in ms over which a rate is counted, so that the first batch does not read as thousands. */
const RATE_AFTER_MS = 400;
/** Ms between two changes of what is shown: faster ones cannot be read. */
const SHOWN_EVERY_MS = 250;

interface Writing {
  position: number;
  first: number;
  since: number;
}

/** Folds events into a pace; the answered function remembers where the writing of a step began. */
export function paceReader(): (event: RunEvent) => Pace | null | undefined {
  let writing: Writing | null = null;
  return (event) => {
    switch (event.event) {
      case "loading":
        return { kind: "loading", fraction: event.fraction };
      case "prompt":
        return { kind: "prompt", fraction: event.total > 0 ? event.done / event.total : 0 };
      case "text": {
        const at = Date.parse(event.at);
        if (writing?.position !== event.position)
          writing = { position: event.position, first: event.generated, since: at };
        const ms = at - writing.since;
        if (ms < RATE_AFTER_MS) return { kind: "writing" };
        return { kind: "writing", rate: ((event.generated - writing.first) * 1000) / ms };
      }
      case "change":
        // Between two steps there is no pace.
        if (event.change.kind !== "step_finished" && event.change.kind !== "finished") return undefined;
        writing = null;
        return null;
    }
  };
}

/** The pace of the run that is carried out; null while nothing is told. */
export function usePace(busy: boolean): Pace | null {
  const running = useQuery({
    queryKey: ["queue"],
    queryFn: ({ signal }) => api.queue(signal),
    enabled: busy,
    refetchInterval: busy ? 2000 : false,
    select: (queue) => queue.running[0]?.run_id,
  });
  const runId = busy ? running.data : undefined;
  const [pace, setPace] = useState<Pace | null>(null);
  useEffect(() => {
    setPace(null);
    if (!runId) return;
    const abort = new AbortController();
    let latest: Pace | null = null;
    const stop = onEveryBeat(() => setPace(latest), SHOWN_EVERY_MS);
    read(runId, abort.signal, (next) => {
      latest = next;
    }).catch(() => {
      // The foot of the rail says less then; the run's own page tells what is wrong.
    });
    return () => {
      stop();
      abort.abort();
    };
  }, [runId]);
  return pace;
}

async function read(runId: string, signal: AbortSignal, onPace: (pace: Pace | null) => void): Promise<void> {
  const { seq } = await api.run(runId, signal);
  const toPace = paceReader();
  for await (const event of runEvents(runId, seq, signal)) {
    const next = toPace(event);
    if (next !== undefined) onPace(next);
  }
}
