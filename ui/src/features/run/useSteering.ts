import { toast } from "sonner";
import { useCancelRun, usePauseRun, useResumeRun } from "@/api/runActions";
import { isEnded, isHeld } from "@/api/runView";
import type { RunView } from "@/api/types";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** One way to steer a run, where it means something now. */
export interface Lever {
  busy: boolean;
  disabled: boolean;
  run: () => void;
}

/** Pause, resume and cancel; what means nothing now is absent. */
export interface Steering {
  pause?: Lever;
  resume?: Lever;
  cancel?: Lever;
}

export function useSteering(run: RunView): Steering {
  const pause = usePauseRun();
  const resume = useResumeRun();
  const cancel = useCancelRun();
  const failed = (title: string) => ({
    onError: (error: unknown) => void toast.error(title, { description: errorText(error) }),
  });
  if (isEnded(run.status)) return {};
  const held = isHeld(run);
  return {
    ...(!held &&
      !run.cancel_requested && {
        pause: {
          busy: pause.isPending,
          disabled: run.pause_requested,
          run: () => pause.mutate(run.run_id, failed(m.pause_failed())),
        },
      }),
    ...(held && {
      resume: {
        busy: resume.isPending,
        disabled: false,
        run: () => resume.mutate(run.run_id, failed(m.resume_failed())),
      },
    }),
    cancel: {
      busy: cancel.isPending || run.cancel_requested,
      disabled: false,
      run: () => cancel.mutate(run.run_id, failed(m.cancel_failed())),
    },
  };
}
