import { useMutation } from "@tanstack/react-query";
import { FolderDown, RotateCcw, Square } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { api } from "@/api/client";
import { isEnded, type LiveRun } from "@/api/runView";
import type { Pipeline, RunView } from "@/api/types";
import { Button } from "@/components/Button";
import { formatSeconds, formatStamp } from "@/components/format";
import { SimulatedBadge } from "@/components/RoleChip";
import { errorText } from "@/components/States";
import { InterruptedBadge, StatusBadge } from "@/components/StatusBadge";
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
  const ended = isEnded(run.status);
  const running = !ended && !run.interrupted;
  return (
    <header className="top-bar">
      <div className="run-heading">
        <h1 className="screen-title" title={run.name}>
          {run.name}
        </h1>
        <span className="run-meta">
          <StatusBadge status={run.status} testId="run-status" />
          {run.interrupted && <InterruptedBadge />}
          {run.simulated && <SimulatedBadge />}
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
  const ended = isEnded(run.status) || run.interrupted;
  const now = useNow(!ended);
  if (!run.started_at) return <span className="run-clock">{m.run_waiting()}</span>;
  const started = Date.parse(run.started_at);
  const until = run.finished_at
    ? Date.parse(run.finished_at)
    : ended
      ? started + run.total_execution_time * 1000
      : now;
  return (
    <span className="run-clock">
      {formatStamp(run.started_at)} · {formatSeconds(Math.max(0, until - started) / 1000)}
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
