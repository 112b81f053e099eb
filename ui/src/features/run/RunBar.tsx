import { useMutation } from "@tanstack/react-query";
import { FolderDown, RotateCcw, Square } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { api } from "@/api/client";
import { allSteps, isOver, type LiveRun } from "@/api/runView";
import type { Pipeline, RunView } from "@/api/types";
import { Button } from "@/components/Button";
import { formatSeconds, formatStamp } from "@/components/format";
import { SimulatedBadge, StandInRunBadge } from "@/components/RoleChip";
import { errorText } from "@/components/States";
import { StatusBadge } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";

interface RunBarProps {
  live: LiveRun;
  onAgain: (pipeline: Pipeline) => void;
  onExport: (runId: string) => void;
}

/** Name, state and what can be done with the run. */
export function RunBar({ live: { run }, onAgain, onExport }: RunBarProps) {
  const cancel = useMutation({
    mutationFn: () => api.cancel(run.run_id),
    onError: (error) => toast.error(m.cancel_failed(), { description: errorText(error) }),
  });
  const running = !isOver(run);
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
        </span>
      </div>
      <span className="spacer" />
      {running && (
        <Button
          look="danger"
          icon={Square}
          busy={cancel.isPending}
          onClick={() => cancel.mutate()}
          data-testid="cancel-button"
        >
          {m.cancel()}
        </Button>
      )}
      {!running && (
        <Button icon={RotateCcw} onClick={() => onAgain(run.pipeline)} data-testid="again-button">
          {m.run_again()}
        </Button>
      )}
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
    </header>
  );
}

/** When the run started and how long it took, or takes so far. */
function RunClock({ run }: { run: RunView }) {
  const over = isOver(run);
  const now = useNow(!over);
  // An interrupted run has no end, so what its finished steps took is all that is known; before the first there is nothing.
  if (over && !run.finished_at) {
    const known = run.total_execution_time > 0 ? ` · ${formatSeconds(run.total_execution_time)}` : "";
    return (
      <span className="run-clock">
        {formatStamp(run.started_at ?? run.created_at)}
        {known}
      </span>
    );
  }
  if (!run.started_at) return <span className="run-clock">{m.run_waiting()}</span>;
  const until = run.finished_at ? Date.parse(run.finished_at) : now;
  return (
    <span className="run-clock">
      {formatStamp(run.started_at)} · {formatSeconds(Math.max(0, until - Date.parse(run.started_at)) / 1000)}
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
