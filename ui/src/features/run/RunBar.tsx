import { FolderDown, Pause, PencilRuler, Play, RotateCcw, Square } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { useCancelRun, usePauseRun, useResumeRun } from "@/api/runActions";
import { allSteps, isAtRest, isEnded, isHeld, type LiveRun } from "@/api/runView";
import type { Pipeline, RunView } from "@/api/types";
import { Button } from "@/components/Button";
import { formatSeconds, formatStamp } from "@/components/format";
import { useProjectNames } from "@/components/projectName";
import { SimulatedBadge, StandInRunBadge } from "@/components/RoleChip";
import { errorText } from "@/components/States";
import { StatusBadge } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";
import { type OpenRun, useRunAgain } from "./useRunAgain";

interface RunBarProps {
  live: LiveRun;
  /** Opens the run's pipeline for editing. */
  onEdit: (pipeline: Pipeline) => void;
  onOpenRun: OpenRun;
  onExport: (runId: string) => void;
}

/** Name, state and what can be done with the run. */
export function RunBar({ live: { run }, onEdit, onOpenRun, onExport }: RunBarProps) {
  const again = useRunAgain(run.run_id, onOpenRun);
  const project = useProjectNames()(run.project_id);
  return (
    <header className="top-bar">
      <div className="run-heading">
        <h1 className="screen-title" title={run.name}>
          {run.name}
        </h1>
        <span className="run-meta">
          <StatusBadge run={run} testId="run-status" />
          {run.simulated ? <SimulatedBadge /> : <StandInRunBadge steps={allSteps(run)} />}
          <RunClock run={run} />
          {project && (
            <span className="run-project" title={project} data-testid="run-project">
              {project}
            </span>
          )}
        </span>
      </div>
      <span className="spacer" />
      <Steering run={run} />
      {isAtRest(run) && (
        <>
          <Button icon={PencilRuler} onClick={() => onEdit(run.pipeline)} data-testid="edit-button">
            {m.run_edit()}
          </Button>
          <Button
            icon={RotateCcw}
            busy={again.isPending}
            onClick={() => again.run()}
            data-testid="again-button"
          >
            {m.run_again()}
          </Button>
        </>
      )}
      {(isEnded(run.status) || run.final_artifacts.length > 0) && (
        <Button
          look={run.status === "SUCCESS" ? "primary" : "default"}
          icon={FolderDown}
          disabled={run.final_artifacts.length === 0}
          title={run.final_artifacts.length === 0 ? m.export_nothing() : undefined}
          onClick={() => onExport(run.run_id)}
          data-testid="export-button"
        >
          {m.export_open()}
        </Button>
      )}
    </header>
  );
}

/** Pause, resume and cancel, each while it means something. */
function Steering({ run }: { run: RunView }) {
  const pause = usePauseRun();
  const resume = useResumeRun();
  const cancel = useCancelRun();
  const failed = (title: string) => ({
    onError: (error: unknown) => void toast.error(title, { description: errorText(error) }),
  });
  if (isEnded(run.status)) return null;
  return (
    <>
      {!isHeld(run) && !run.cancel_requested && (
        <Button
          icon={Pause}
          busy={pause.isPending}
          disabled={run.pause_requested}
          onClick={() => pause.mutate(run.run_id, failed(m.pause_failed()))}
          data-testid="pause-button"
        >
          {run.status === "RUNNING" ? m.pause_after_step() : m.pause()}
        </Button>
      )}
      <Button
        look="danger"
        icon={Square}
        busy={cancel.isPending || run.cancel_requested}
        onClick={() => cancel.mutate(run.run_id, failed(m.cancel_failed()))}
        data-testid="cancel-button"
      >
        {m.cancel()}
      </Button>
      {isHeld(run) && (
        <Button
          look="primary"
          icon={Play}
          busy={resume.isPending}
          onClick={() => resume.mutate(run.run_id, failed(m.resume_failed()))}
          data-testid="resume-button"
        >
          {m.resume()}
        </Button>
      )}
    </>
  );
}

/** When the run started and how long it took, or takes so far. */
function RunClock({ run }: { run: RunView }) {
  const running = run.status === "RUNNING";
  const now = useNow(running);
  const stamp = formatStamp(run.started_at ?? run.created_at);
  // A run that stands still has no end yet, so what its finished steps took is all that is known.
  const seconds =
    run.started_at && (running || run.finished_at)
      ? ((run.finished_at ? Date.parse(run.finished_at) : now) - Date.parse(run.started_at)) / 1000
      : run.total_execution_time;
  return (
    <span className="run-clock">
      {seconds > 0 || running ? `${stamp} · ${formatSeconds(Math.max(0, seconds))}` : stamp}
    </span>
  );
}

export function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}
