// How long a run took, without the time in which nobody worked on it.
import type { RunView } from "./types";

/** What the time of a run follows from. */
export type Timed = Pick<RunView, "started_at" | "finished_at"> & { held_s?: number };

/** Seconds that were worked on the run, so far at `now` (ms since the epoch) where it has not ended; null before it began. */
export function workedSeconds(run: Timed, now: number): number | null {
  if (!run.started_at) return null;
  const end = run.finished_at ? Date.parse(run.finished_at) : now;
  return Math.max(0, (end - Date.parse(run.started_at)) / 1000 - (run.held_s ?? 0));
}

/** The marks of a run that goes on, or ends, at `at`: what it waited until then no longer counts. */
export function takenUp(run: RunView, at: string): Pick<RunView, "held_s" | "held_since"> {
  const waited = run.held_since ? (Date.parse(at) - Date.parse(run.held_since)) / 1000 : 0;
  return { held_s: (run.held_s ?? 0) + waited, held_since: null };
}

/** The marks of a run that nobody works on from `at` on. */
export function putDown(run: RunView, at: string): Partial<RunView> {
  return { status: "PENDING", ...(run.started_at && { held_since: run.held_since ?? at }) };
}
