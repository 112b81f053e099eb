import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { RunSummary } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { RUN_ROW_HEIGHT, RunRow } from "./RunRow";

interface RunTableProps {
  runs: RunSummary[];
  more: boolean;
  loadMore: () => void;
  onOpen: (runId: string) => void;
  onDelete: (run: RunSummary) => void;
}

export function RunTable({ runs, more, loadMore, onOpen, onDelete }: RunTableProps) {
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
          {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
          {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
          <span role="columnheader">
            <span className="sr-only">{m.column_actions()}</span>
          </span>
        </div>

        <div className="run-rows" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const run = runs[item.index];
            return (
              run && (
                <RunRow
                  key={run.run_id}
                  run={run}
                  top={item.start}
                  onOpen={() => onOpen(run.run_id)}
                  onDelete={() => onDelete(run)}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}
