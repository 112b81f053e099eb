import { ArrowDown, ArrowUp, ArrowUpToLine, Play } from "lucide-react";
import type { KeyboardEvent } from "react";
import { toast } from "sonner";
import { useResumeRun } from "@/api/runActions";
import { isHeld, runState } from "@/api/runView";
import type { RunSummary } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { formatStamp } from "@/components/format";
import { useProjectNames } from "@/components/projectName";
import { SimulatedBadge } from "@/components/RoleChip";
import { errorText } from "@/components/States";
import { StatusBadge, StatusIcon } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";

export type Move = "up" | "down" | "front";

interface QueueRowProps {
  run: RunSummary;
  /** Place among the waiting runs, from 1. */
  position: number | undefined;
  /** How many wait. */
  count: number;
  onOpen: () => void;
  /** `control` names the button that keeps the focus. */
  onMove: (run: RunSummary, to: Move, control: string) => void;
}

/** A run that has not ended. Alt with an arrow moves a waiting one, as its buttons do. */
export function QueueRow({ run, position, count, onOpen, onMove }: QueueRowProps) {
  const project = useProjectNames()(run.project_id);
  const waits = position !== undefined && count > 1;
  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (!waits || !event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const control = (event.target as HTMLElement).dataset.control ?? "open";
    onMove(run, event.key === "ArrowUp" ? "up" : "down", control);
  }
  return (
    <li className="queue-row" data-run={run.run_id} onKeyDown={onKeyDown}>
      {position === undefined ? (
        <StatusIcon status={runState(run)} />
      ) : (
        <span className="queue-position">{position}</span>
      )}
      <button
        type="button"
        className="queue-name"
        data-control="open"
        data-testid={`run-row-${run.run_id}`}
        aria-label={m.run_open({ name: run.name, when: formatStamp(run.created_at) })}
        onClick={onOpen}
      >
        {run.name}
      </button>
      {run.simulated && <SimulatedBadge />}
      {project && <span className="run-project">{project}</span>}
      <span className="spacer" />
      <span className="queue-facts">
        {m.steps_of({ done: String(run.finished_steps), total: String(run.total_steps) })}
      </span>
      {isHeld(run) && <StatusBadge run={run} />}
      <span className="queue-actions">
        {isHeld(run) && <ResumeButton run={run} />}
        {waits && <MoveButtons run={run} position={position} count={count} onMove={onMove} />}
      </span>
    </li>
  );
}

function MoveButtons({ run, position, count, onMove }: Omit<QueueRowProps, "onOpen"> & { position: number }) {
  const { name } = run;
  return (
    <>
      <IconButton
        icon={ArrowUpToLine}
        label={m.queue_front_of({ name })}
        aria-disabled={position === 1 || undefined}
        data-control="front"
        data-testid={`queue-front-${run.run_id}`}
        onClick={() => onMove(run, "front", "front")}
      />
      <IconButton
        icon={ArrowUp}
        label={m.move_up({ name })}
        keys="Alt ↑"
        aria-disabled={position === 1 || undefined}
        data-control="up"
        data-testid={`queue-up-${run.run_id}`}
        onClick={() => onMove(run, "up", "up")}
      />
      <IconButton
        icon={ArrowDown}
        label={m.move_down({ name })}
        keys="Alt ↓"
        aria-disabled={position === count || undefined}
        data-control="down"
        data-testid={`queue-down-${run.run_id}`}
        onClick={() => onMove(run, "down", "down")}
      />
    </>
  );
}

function ResumeButton({ run }: { run: RunSummary }) {
  const resume = useResumeRun();
  return (
    <Button
      small
      icon={Play}
      busy={resume.isPending}
      aria-label={m.resume_of({ name: run.name })}
      data-testid={`queue-resume-${run.run_id}`}
      onClick={() =>
        resume.mutate(run.run_id, {
          onError: (error) => toast.error(m.resume_failed(), { description: errorText(error) }),
        })
      }
    >
      {m.resume()}
    </Button>
  );
}
