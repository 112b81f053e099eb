// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand, which the rows of a table element cannot be.

import { Star, Trash2 } from "lucide-react";
import { type MouseEvent, memo, type ReactNode } from "react";
import type { ListedRun } from "@/api/library";
import { workedSeconds } from "@/api/runTime";
import { isEnded } from "@/api/runView";
import { IconButton } from "@/components/Button";
import { classes } from "@/components/classes";
import { formatCount, formatSeconds, formatStamp } from "@/components/format";
import { SentOutBadge } from "@/components/RemoteBadge";
import { SimulatedBadge } from "@/components/RoleChip";
import { StatusBadge } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";
import { Snippet } from "./Snippet";

/** What can be done with the row of a run. `place` is its place in the list, from 0. */
export interface RowActions {
  onOpen: (run: ListedRun, place: number) => void;
  onDelete: (run: ListedRun) => void;
  onSelect: (run: ListedRun) => void;
  onFavourite: (run: ListedRun) => void;
}

interface RunRowProps extends RowActions {
  run: ListedRun;
  /** Its place in the list, from 0. */
  place: number;
  /** Distance in px from the top of the rows. */
  top: number;
  /** Keys act on this row. */
  active: boolean;
  selected: boolean;
  /** Shown where the runs of several projects are listed. */
  project?: string;
}

/** One run. While the list is scrolled, rows that stay as they are are not drawn again. */
export const RunRow = memo(function RunRow({
  run,
  place,
  top,
  active,
  selected,
  project,
  ...act
}: RunRowProps) {
  const name = m.run_open({ name: run.name, when: formatStamp(run.created_at) });
  // The controls of all other rows are passed over by Tab: the arrows lead to their row first.
  const tabIndex = active ? 0 : -1;
  const own = (action: (run: ListedRun, place: number) => void) => (event: MouseEvent) => {
    // The row around it opens the run.
    event.stopPropagation();
    action(run, place);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the table's keys open the row that has the focus.
    <div
      className={classes("run-row", selected && "run-row-selected")}
      role="row"
      aria-rowindex={place + 2}
      aria-selected={selected}
      aria-label={name}
      tabIndex={tabIndex}
      data-place={place}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => act.onOpen(run, place)}
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the box selects too; its key is the box's own. */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the box in it takes the focus. */}
      <span role="gridcell" className="run-check" onClick={own(act.onSelect)}>
        <input
          type="checkbox"
          checked={selected}
          tabIndex={tabIndex}
          aria-label={m.run_select({ name: run.name })}
          data-testid={`select-${run.run_id}`}
          onChange={() => {}}
        />
      </span>
      <Cell className="run-favourite">
        <button
          type="button"
          className={classes("icon-button", run.favourite && "favourite-on")}
          tabIndex={tabIndex}
          aria-pressed={run.favourite}
          aria-label={m.favourite_of({ name: run.name })}
          data-testid={`favourite-${run.run_id}`}
          onClick={own(act.onFavourite)}
        >
          <Star aria-hidden size={15} />
        </button>
      </Cell>
      <Cell className="run-name">
        <span className="run-title">
          <button
            type="button"
            tabIndex={tabIndex}
            data-testid={`run-row-${run.run_id}`}
            aria-label={name}
            title={run.name}
            onClick={own(act.onOpen)}
          >
            {run.name}
          </button>
          {run.simulated && <SimulatedBadge />}
          <SentOutBadge hosts={run.remote_hosts ?? []} />
        </span>
        {run.snippet ? (
          <Snippet parts={run.snippet} />
        ) : (
          project && <small className="run-under">{project}</small>
        )}
      </Cell>
      {project !== undefined && <Cell className="run-project-cell">{project}</Cell>}
      <Cell className="run-status">
        <StatusBadge run={run} />
      </Cell>
      <Cell className="number col-started">{formatStamp(run.started_at ?? run.created_at)}</Cell>
      <Cell className="number col-duration">{duration(run)}</Cell>
      <Cell className="number col-tokens">{formatCount(run.generated_tokens)}</Cell>
      <Cell className="number col-files">{formatCount(run.artifacts)}</Cell>
      <Cell className="run-delete">
        {isEnded(run.status) && (
          <IconButton
            icon={Trash2}
            tabIndex={tabIndex}
            label={m.delete_run_of({ name: run.name, when: formatStamp(run.created_at) })}
            data-testid={`delete-${run.run_id}`}
            onClick={own(act.onDelete)}
          />
        )}
      </Cell>
    </div>
  );
});

/** Stands where a run is still on its way. */
export function RowToCome({ place, top }: { place: number; top: number }) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: there is nothing to act on yet.
    <div
      className="run-row run-row-to-come"
      role="row"
      aria-rowindex={place + 2}
      aria-busy
      style={{ transform: `translateY(${top}px)` }}
    >
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above. */}
      <span role="gridcell" aria-label={m.loading()} />
      <span aria-hidden className="skeleton-bar" />
    </div>
  );
}

function Cell({ className, children }: { className: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the row takes the focus.
    <span role="gridcell" className={className}>
      {children}
    </span>
  );
}

function duration(run: ListedRun): string {
  const worked = run.finished_at ? workedSeconds(run, 0) : null;
  if (worked !== null) return formatSeconds(worked);
  return run.total_execution_time > 0 ? formatSeconds(run.total_execution_time) : "–";
}
