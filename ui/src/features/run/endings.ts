// Which runs have ended since the last look, and what there is to tell about them. Pure.
import { workedSeconds } from "@/api/runTime";
import { isEnded } from "@/api/runView";
import type { RunSummary, Status } from "@/api/types";

/** Shortest run in ms whose end is news. */
const LONG_MS = 10_000;

/** What the last look saw, and when that was, in ms since the epoch. */
export interface Look {
  at: number;
  statuses: ReadonlyMap<string, Status>;
}

export const lookAt = (runs: RunSummary[], at: number): Look => ({
  at,
  statuses: new Map(runs.map((run) => [run.run_id, run.status])),
});

/** The long runs that have ended since the last look; none at the first one, which cannot know what is news. */
export function longEndings(last: Look | undefined, runs: RunSummary[]): RunSummary[] {
  if (!last) return [];
  return runs.filter((run) => {
    const earlier = last.statuses.get(run.run_id);
    // A hidden page looks seldom, so a run may have come and gone between two looks.
    const news = earlier === undefined ? Date.parse(run.finished_at ?? "") > last.at : !isEnded(earlier);
    // Whoever cancelled it knows that it has ended.
    return news && isEnded(run.status) && run.status !== "CANCELLED" && duration(run) >= LONG_MS;
  });
}

function duration(run: RunSummary): number {
  return run.finished_at ? (workedSeconds(run, 0) ?? 0) * 1000 : 0;
}
