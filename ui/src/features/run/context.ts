// What the panes of one run share: the run, and what can be done from anywhere in it.
import { createContext, useContext } from "react";
import type { Pipeline, RunView } from "@/api/types";

export interface RunScope {
  run: RunView;
  onOpenRun: (runId: string) => void;
  /** Opens the run's pipeline for editing. */
  onEdit: () => void;
  /** A newer view of the run, as the answer to an edit of it. */
  onChanged: (run: RunView) => void;
  /** Starts a new run, of the edited pipeline if one is given, that takes over the steps before the one called so. */
  onRerun: (from?: string, pipeline?: Pipeline) => void;
  /** Such a start is on its way. */
  rerunning: boolean;
}

export const RunContext = createContext<RunScope | null>(null);

export function useRunScope(): RunScope {
  const scope = useContext(RunContext);
  if (!scope) throw new Error("a pane of a run stands outside it");
  return scope;
}
