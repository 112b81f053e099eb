import { toast } from "sonner";
import { ApiError } from "@/api/client";
import { useRerun } from "@/api/runActions";
import type { Pipeline, RunView } from "@/api/types";
import { useRerunKeeping } from "@/api/watch";
import { errorText } from "@/components/States";
import { findingText } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";

export type OpenRun = (runId: string) => void;

export interface RunAgain {
  isPending: boolean;
  /** Starts a new run of the same pipeline, or of an edited one, from the step called `from` on, and opens it. */
  run: (from?: string, pipeline?: Pipeline) => void;
}

export function useRunAgain(runId: string, onOpenRun: OpenRun): RunAgain {
  const rerun = useRerun();
  const keeping = useRerunKeeping();
  const told = {
    onSuccess: (started: RunView) => onOpenRun(started.run_id),
    onError: (error: unknown) => {
      toast.error(m.run_refused(), { description: refusal(error) });
    },
  };
  return {
    isPending: rerun.isPending || keeping.isPending,
    run: (from, pipeline) => {
      const request = { runId, ...(from !== undefined && { from }) };
      if (pipeline) keeping.mutate({ ...request, pipeline }, told);
      else rerun.mutate(request, told);
    },
  };
}

/** The first fault with its remedy, which says more than the problem's own sentence. */
export function refusal(error: unknown): string {
  const first = error instanceof ApiError ? error.problem.diagnostics?.[0] : undefined;
  return first ? findingText(first) : errorText(error);
}
