// What the history is narrowed to, kept while the window is open so that coming back from a run finds the same list.
import { create } from "zustand";
import type { RunFilter } from "@/api/library";
import type { RunState } from "@/api/runView";

export type StateFilter = RunState | "all";
export const TIMES = ["any", "day", "week", "month", "year"] as const;
export type TimeFilter = (typeof TIMES)[number];

export interface Filters {
  text: string;
  state: StateFilter;
  /** The runs of every project, not only of the current one. */
  everywhere: boolean;
  favourites: boolean;
  time: TimeFilter;
  /** A saved pipeline's id; empty for all. */
  pipeline: string;
}

export const NO_FILTERS: Filters = {
  text: "",
  state: "all",
  everywhere: false,
  favourites: false,
  time: "any",
  pipeline: "",
};

export const useFilters = create<Filters & { set: (patch: Partial<Filters>) => void }>()((set) => ({
  ...NO_FILTERS,
  set: (patch) => set(patch),
}));

/** Something beyond the project is asked for. */
export function isNarrowed(filters: Filters): boolean {
  const { text, state, favourites, time, pipeline } = filters;
  return text.trim() !== "" || state !== "all" || favourites || time !== "any" || pipeline !== "";
}

const ENDED = "SUCCESS,FAILED,CANCELLED";
const DAYS: Record<Exclude<TimeFilter, "any">, number> = { day: 0, week: 6, month: 29, year: 364 };

/** The question for the router. Unless something is searched for, what has not ended is left to the queue above the list. */
export function toQuery(filters: Filters, q: string, projectId: string, now = new Date()): RunFilter {
  const { state, everywhere, favourites, time, pipeline } = filters;
  return {
    q,
    status: state !== "all" ? state : isNarrowed(filters) ? "" : ENDED,
    project_id: everywhere ? "" : projectId,
    pipeline_id: pipeline,
    favourite: favourites,
    from: time === "any" ? "" : startOf(DAYS[time], now),
  };
}

/** The beginning of the day that many days ago, in the user's own time. */
function startOf(daysAgo: number, now: Date): string {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).toISOString();
}
