import { useVirtualizer } from "@tanstack/react-virtual";
import { History, Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useRuns } from "@/api/queries";
import type { RunSummary, Status } from "@/api/types";
import { Button } from "@/components/Button";
import { Select } from "@/components/Choice";
import { EmptyState, ErrorPanel, Skeleton } from "@/components/States";
import { STATUSES, StatusIcon, statusText } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";
import { RUN_ROW_HEIGHT, RunRow } from "./RunRow";

type StatusFilter = Status | "all";

interface RunsScreenProps {
  onOpen: (runId: string) => void;
  onDesign: () => void;
}

/** Every run so far, newest first. */
export function RunsScreen({ onOpen, onDesign }: RunsScreenProps) {
  const [typed, setTyped] = useState("");
  const [status, setStatus] = useState<StatusFilter>("all");
  const q = useSettled(typed.trim(), 200);
  const query = useRuns({ q, status: status === "all" ? "" : status });
  const runs = query.data?.pages.flatMap((page) => page.runs) ?? [];
  const filtered = q !== "" || status !== "all";

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
        <Select<StatusFilter>
          label={m.runs_filter()}
          className="status-filter"
          value={status}
          onChange={setStatus}
          options={[
            { value: "all", label: m.status_all() },
            ...STATUSES.map((value) => ({
              value,
              label: statusText(value),
              icon: <StatusIcon status={value} size={14} />,
            })),
          ]}
        />
      </header>
      {query.isPending ? (
        <div className="screen-pad">
          <Skeleton rows={8} />
        </div>
      ) : query.isError && runs.length === 0 ? (
        <div className="screen-pad">
          <ErrorPanel title={m.runs_failed()} error={query.error} onRetry={() => query.refetch()} />
        </div>
      ) : runs.length === 0 ? (
        <EmptyState
          icon={filtered ? Search : History}
          title={filtered ? m.runs_no_match() : m.runs_empty()}
          text={filtered ? m.runs_no_match_text() : m.runs_empty_text()}
        >
          {!filtered && (
            <Button look="primary" onClick={onDesign}>
              {m.runs_design()}
            </Button>
          )}
        </EmptyState>
      ) : (
        <RunTable
          runs={runs}
          more={query.hasNextPage && !query.isFetchingNextPage}
          loadMore={() => query.fetchNextPage()}
          onOpen={onOpen}
        />
      )}
    </div>
  );
}

function useSettled(value: string, pauseMs: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value, pauseMs]);
  return settled;
}

interface RunTableProps {
  runs: RunSummary[];
  more: boolean;
  loadMore: () => void;
  onOpen: (runId: string) => void;
}

function RunTable({ runs, more, loadMore, onOpen }: RunTableProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: runs.length,
    getScrollElement: () => box.current,
    estimateSize: () => RUN_ROW_HEIGHT,
    overscan: 12,
    initialRect: { width: 1000, height: 800 },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: reaching the end is what asks for more.
  useEffect(() => {
    if (more && last >= runs.length - 10) loadMore();
  }, [last, runs.length, more]);

  return (
    // biome-ignore lint/a11y/useSemanticElements: the rows are placed one by one, which a table element cannot be.
    <div className="run-table" role="table" aria-label={m.nav_runs()} aria-rowcount={runs.length}>
      <div className="run-scroll" ref={box}>
        {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: a heading row takes no focus. */}
        <div className="run-row run-row-head" role="row">
          {[
            m.column_pipeline(),
            m.column_status(),
            m.column_started(),
            m.column_duration(),
            m.column_steps(),
            m.column_files(),
          ].map((text) => (
            // biome-ignore lint/a11y/useSemanticElements: as above.
            // biome-ignore lint/a11y/useFocusableInteractive: headings do not sort yet.
            <span key={text} role="columnheader">
              {text}
            </span>
          ))}
        </div>

        <div className="run-rows" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const run = runs[item.index];
            return (
              run && <RunRow key={run.run_id} run={run} top={item.start} onOpen={() => onOpen(run.run_id)} />
            );
          })}
        </div>
      </div>
    </div>
  );
}
