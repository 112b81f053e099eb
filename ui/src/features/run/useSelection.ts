import { useEffect, useRef, useState } from "react";
import { allSteps } from "@/api/runView";
import type { RunView } from "@/api/types";

/** A step by position, or what the run came to. */
export type Selected = number | "final";

export interface Selection {
  selected: Selected;
  /** A pick by the user; from then on the run no longer moves the selection. */
  pick: (selected: Selected) => void;
}

/** What to show while the user has not picked: the running step, the failed one, or the final result. */
export function naturalSelection(run: RunView): Selected {
  if (run.status === "SUCCESS") return "final";
  const steps = allSteps(run);
  const failed = steps.find((step) => step.status === "FAILED");
  const running = steps.find((step) => step.status === "RUNNING");
  const last = steps.filter((step) => step.status === "SUCCESS" || step.status === "CANCELLED").at(-1);
  return (failed ?? running ?? last)?.position ?? 0;
}

export function useSelection(run: RunView): Selection {
  const [picked, setPicked] = useState<Selected | null>(null);
  const { status } = run;
  const before = useRef(status);
  useEffect(() => {
    // The end of a run that was being watched is news, so it takes the selection even from a picked step.
    if (before.current !== status && status === "SUCCESS") setPicked(null);
    before.current = status;
  }, [status]);
  return { selected: picked ?? naturalSelection(run), pick: setPicked };
}
