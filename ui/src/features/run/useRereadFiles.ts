// Finding a run's files anew in its outputs, by the rules of the present version.
import { toast } from "sonner";
import { isEnded } from "@/api/runView";
import type { RunView } from "@/api/types";
import { useReread } from "@/api/watch";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

export interface RereadFiles {
  busy: boolean;
  run: () => void;
}

/** Undefined while the run has not ended, when its outputs still change. */
export function useRereadFiles(run: RunView, onChanged: (run: RunView) => void): RereadFiles | undefined {
  const { isPending, mutate } = useReread(run.run_id);
  if (!isEnded(run.status)) return undefined;
  return {
    busy: isPending,
    run: () =>
      mutate(undefined, {
        onSuccess: (next) => {
          onChanged(next);
          // Every change is numbered, so the same number says that there was none.
          if (next.seq === run.seq) toast.info(m.reread_same());
          else toast.success(m.reread_done());
        },
        onError: (error) => toast.error(m.reread_failed(), { description: errorText(error) }),
      }),
  };
}
