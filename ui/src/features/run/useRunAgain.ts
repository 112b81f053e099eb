import { toast } from "sonner";
import { ApiError } from "@/api/client";
import { useRerun } from "@/api/runActions";
import { errorText } from "@/components/States";
import { findingText } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";

export type OpenRun = (runId: string) => void;

export interface RunAgain {
  isPending: boolean;
  /** Starts a new run of the same pipeline, from the step called `from` on, and opens it. */
  run: (from?: string) => void;
}

export function useRunAgain(runId: string, onOpenRun: OpenRun): RunAgain {
  const rerun = useRerun();
  return {
    isPending: rerun.isPending,
    run: (from) =>
      rerun.mutate(
        { runId, ...(from !== undefined && { from }) },
        {
          onSuccess: (started) => onOpenRun(started.run_id),
          onError: (error) => toast.error(m.run_refused(), { description: refusal(error) }),
        },
      ),
  };
}

/** The first fault with its remedy, which says more than the problem's own sentence. */
export function refusal(error: unknown): string {
  const first = error instanceof ApiError ? error.problem.diagnostics?.[0] : undefined;
  return first ? findingText(first) : errorText(error);
}
