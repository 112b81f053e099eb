import { History, Search } from "lucide-react";
import { useEffect, useState } from "react";
import { useQueue, useRuns } from "@/api/queries";
import { isEnded, type RunState, runState } from "@/api/runView";
import type { RunSummary } from "@/api/types";
import { Button } from "@/components/Button";
import { Select } from "@/components/Choice";
import { EmptyState, ErrorPanel, Skeleton } from "@/components/States";
import { RUN_STATES, StatusIcon, statusText } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";
import { DeleteDialog } from "./DeleteDialog";
import { QueueSection } from "./QueueSection";
import { RunTable } from "./RunTable";

type StateFilter = RunState | "all";

interface RunsScreenProps {
  onOpen: (runId: string) => void;
  onDesign: () => void;
}

/** A filtered list with fewer rows than this asks for more of them by itself. */
const ENOUGH_ROWS = 40;

/** What runs and waits, and below it every run so far, newest first. */
export function RunsScreen({ onOpen, onDesign }: RunsScreenProps) {
  const [typed, setTyped] = useState("");
  const [state, setState] = useState<StateFilter>("all");
  const [deleting, setDeleting] = useState<RunSummary | null>(null);
  const q = useSettled(typed.trim(), 200);
  const filtered = q !== "" || state !== "all";
  const queue = useQueue(!filtered).data;
  const busy = !filtered && queue && queue.running.length + queue.waiting.length + queue.held.length > 0;
  const query = useRuns({ q, status: statusOf(state) });
  const listed = query.data?.pages.flatMap((page) => page.runs) ?? [];
  // What the queue shows above is not shown twice; paused and interrupted are no statuses of the API's own.
  const runs = listed.filter((run) =>
    busy ? isEnded(run.status) : state === "all" || runState(run) === state,
  );

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const more = hasNextPage && !isFetchingNextPage;
  useEffect(() => {
    if (more && runs.length < ENOUGH_ROWS) fetchNextPage();
  }, [more, runs.length, fetchNextPage]);

  return (
    <div className="screen">
      <header className="top-bar">
        <h1 className="screen-title">{m.nav_runs()}</h1>
        <span className="spacer" />
        <label className="search">
          <Search aria-hidden size={15} />
          <input
            type="search"
            value={typed}
            placeholder={m.runs_search()}
            aria-label={m.runs_search()}
            data-testid="runs-search"
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <Select<StateFilter>
          label={m.runs_filter()}
          className="status-filter"
          value={state}
          onChange={setState}
          testId="runs-filter"
          options={[
            { value: "all", label: m.status_all() },
            ...RUN_STATES.map((value) => ({
              value,
              label: statusText(value),
              icon: <StatusIcon status={value} size={14} />,
            })),
          ]}
        />
      </header>
      {busy && <QueueSection queue={queue} onOpen={onOpen} />}
      {query.isPending ? (
        <div className="screen-pad">
          <Skeleton rows={8} />
        </div>
      ) : query.isError && runs.length === 0 ? (
        <div className="screen-pad">
          <ErrorPanel title={m.runs_failed()} error={query.error} onRetry={() => query.refetch()} />
        </div>
      ) : runs.length > 0 ? (
        <RunTable
          runs={runs}
          more={more}
          loadMore={() => fetchNextPage()}
          onOpen={onOpen}
          onDelete={setDeleting}
        />
      ) : isFetchingNextPage ? (
        <div className="screen-pad">
          <Skeleton rows={8} />
        </div>
      ) : (
        <Nothing filtered={filtered} busy={Boolean(busy)} onDesign={onDesign} />
      )}
      {deleting && <DeleteDialog run={deleting} onClose={() => setDeleting(null)} />}
    </div>
  );
}

function Nothing({ filtered, busy, onDesign }: { filtered: boolean; busy: boolean; onDesign: () => void }) {
  if (filtered) return <EmptyState icon={Search} title={m.runs_no_match()} text={m.runs_no_match_text()} />;
  if (busy) return <EmptyState icon={History} title={m.runs_none_ended()} text={m.runs_empty_text()} />;
  return (
    <EmptyState icon={History} title={m.runs_empty()} text={m.runs_empty_text()}>
      <Button look="primary" onClick={onDesign}>
        {m.runs_design()}
      </Button>
    </EmptyState>
  );
}

/** The API's status under which runs of the state are found; empty for all of them. */
function statusOf(state: StateFilter): string {
  if (state === "all") return "";
  return state === "PAUSED" || state === "INTERRUPTED" ? "PENDING" : state;
}

function useSettled(value: string, pauseMs: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value, pauseMs]);
  return settled;
}
