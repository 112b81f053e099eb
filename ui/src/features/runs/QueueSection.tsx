import { type ReactNode, useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { useMoveRun } from "@/api/runActions";
import type { QueueView, RunSummary } from "@/api/types";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { type Move, QueueRow } from "./QueueRow";

/** Waiting runs that are shown; the rest is only counted, since nobody sorts hundreds by hand. */
const SHOWN = 100;

/** What runs now, what waits in which order, and what is held until somebody resumes it. */
export function QueueSection({ queue, onOpen }: { queue: QueueView; onOpen: (runId: string) => void }) {
  const { running, waiting, held } = queue;
  const move = useMoveRun();
  const [said, setSaid] = useState("");
  const box = useRef<HTMLElement>(null);
  const moved = useRef<{ runId: string; control: string } | null>(null);

  // The moved row is another place of the page, which loses the focus that its button had.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the new order is what moves the rows.
  useEffect(() => {
    if (!moved.current) return;
    const { runId, control } = moved.current;
    moved.current = null;
    const row = [...(box.current?.querySelectorAll<HTMLElement>("[data-run]") ?? [])].find(
      (one) => one.dataset.run === runId,
    );
    row?.querySelector<HTMLElement>(`[data-control="${control}"]`)?.focus();
  }, [waiting]);

  function onMove(run: RunSummary, to: Move, control: string) {
    const index = waiting.findIndex((one) => one.run_id === run.run_id);
    const target = to === "front" ? 0 : to === "up" ? index - 1 : index + 1;
    if (move.isPending || index < 0 || target < 0 || target >= waiting.length || target === index) return;
    // Going down means standing before whoever came after the next one, or last.
    const before = waiting[to === "down" ? index + 2 : target]?.run_id ?? null;
    move.mutate(
      { runId: run.run_id, before },
      {
        onSuccess: () => {
          moved.current = { runId: run.run_id, control };
          setSaid(m.queue_moved({ name: run.name, position: target + 1 }));
        },
        onError: (error) => toast.error(m.move_failed(), { description: errorText(error) }),
      },
    );
  }

  const row = (run: RunSummary, position?: number) => (
    <QueueRow
      key={run.run_id}
      run={run}
      position={position}
      count={waiting.length}
      onOpen={() => onOpen(run.run_id)}
      onMove={onMove}
    />
  );
  return (
    <section className="queue" aria-label={m.queue_title()} data-testid="queue" ref={box}>
      {running.length > 0 && <Group title={m.queue_running()}>{running.map((run) => row(run))}</Group>}
      {waiting.length > 0 && (
        <Group title={m.queue_waiting_title()} hint={waiting.length > 1 ? m.queue_keys() : undefined}>
          {waiting.slice(0, SHOWN).map((run, index) => row(run, index + 1))}
          {waiting.length > SHOWN && (
            <li className="queue-more">{m.queue_more({ count: String(waiting.length - SHOWN) })}</li>
          )}
        </Group>
      )}
      {held.length > 0 && <Group title={m.queue_held()}>{held.map((run) => row(run))}</Group>}
      <p className="sr-only" role="status">
        {said}
      </p>
    </section>
  );
}

function Group({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <div className="queue-group">
      <h2>
        {title}
        {hint && <small>{hint}</small>}
      </h2>
      <ul>{children}</ul>
    </div>
  );
}
