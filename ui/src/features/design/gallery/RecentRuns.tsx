import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { api } from "@/api/client";
import type { Pipeline, RunSummary } from "@/api/types";
import { formatStamp } from "@/components/format";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { StatusBadge } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";
import { openPipeline } from "../openPipeline";

/** Runs that are offered; more are under Runs. */
const LIMIT = 6;
/** Pause in ms after the last key before runs are searched. */
const PAUSE_MS = 200;

/** The last runs, each a pipeline to start from: with its outputs known to the preview. */
export function RecentRuns({ search }: { search: string }) {
  const [settled, setSettled] = useState(search);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(search), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [search]);
  const list = useQuery({
    queryKey: ["runs", "gallery", settled],
    queryFn: ({ signal }) => api.runs({ q: settled || undefined, limit: LIMIT }, signal),
  });
  if (list.isPending) return <Skeleton rows={2} />;
  if (list.isError)
    return <ErrorPanel title={m.runs_failed()} error={list.error} onRetry={() => list.refetch()} />;
  if (list.data.runs.length === 0)
    return <p className="hint">{settled === "" ? m.gal_runs_empty() : m.gal_no_run()}</p>;
  return (
    <ul className="saved-list" data-testid="recent-runs">
      {list.data.runs.map((run) => (
        <RunRow key={run.run_id} run={run} />
      ))}
    </ul>
  );
}

function RunRow({ run }: { run: RunSummary }) {
  const open = useMutation({
    mutationFn: () => api.run(run.run_id),
    onSuccess: (whole) => openPipeline(whole.pipeline as Pipeline, { runId: run.run_id }),
    onError: (error) => toast.error(m.gal_open_failed({ name: run.name }), { description: errorText(error) }),
  });
  return (
    <li className="saved-row">
      <button
        type="button"
        className="saved-main"
        aria-busy={open.isPending}
        data-testid={`from-run-${run.run_id}`}
        onClick={() => open.mutate()}
      >
        <span className="saved-name">
          <strong>{run.name}</strong>
          <StatusBadge run={run} />
        </span>
        <span className="saved-foot">
          {formatStamp(run.created_at)} · {m.steps_count({ count: run.total_steps })} ·{" "}
          {m.files_count({ count: run.artifacts })}
        </span>
      </button>
    </li>
  );
}
