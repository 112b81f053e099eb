import { ArrowUp, ArrowUpToLine } from "lucide-react";
import { toast } from "sonner";
import { useQueue } from "@/api/queries";
import { useMoveRun } from "@/api/runActions";
import type { RunView } from "@/api/types";
import { Button } from "@/components/Button";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** The run's place among those that wait, and how to bring it forward. */
export function QueuePlace({ run }: { run: RunView }) {
  const waiting = useQueue().data?.waiting ?? [];
  const move = useMoveRun();
  const index = waiting.findIndex((one) => one.run_id === run.run_id);
  const moveBefore = (before: string | undefined) =>
    before &&
    move.mutate(
      { runId: run.run_id, before },
      { onError: (error) => toast.error(m.move_failed(), { description: errorText(error) }) },
    );
  return (
    <>
      <span data-testid="queue-place">
        {[index >= 0 && m.queue_place({ position: index + 1 }), run.started_at && m.run_parked()]
          .filter(Boolean)
          .join(" · ") || m.run_waiting_long()}
      </span>
      {index > 0 && (
        <span className="strip-actions">
          {index > 1 && (
            <Button
              small
              icon={ArrowUp}
              disabled={move.isPending}
              onClick={() => moveBefore(waiting[index - 1]?.run_id)}
              data-testid="queue-up"
            >
              {m.queue_up()}
            </Button>
          )}
          <Button
            small
            icon={ArrowUpToLine}
            disabled={move.isPending}
            onClick={() => moveBefore(waiting[0]?.run_id)}
            data-testid="queue-front"
          >
            {m.queue_front()}
          </Button>
        </span>
      )}
    </>
  );
}
