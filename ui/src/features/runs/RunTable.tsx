// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand, which the rows of a table element cannot be.
// biome-ignore-all lint/a11y/useFocusableInteractive: the rows take the focus, their table and headings do not.
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { ListedRun } from "@/api/library";
import { classes } from "@/components/classes";
import { m } from "@/paraglide/messages.js";
import { type RowActions, RowToCome, RunRow } from "./RunRow";
import { placeOf, type RunList, runAt } from "./runList";
import { useGridKeys } from "./useGridKeys";
import type { View } from "./useRunList";

/** Heights in px of a row: one that also shows what a search found is higher. */
const ROW = 46;
const ROW_WITH_SNIPPET = 62;

interface RunTableProps extends RowActions {
  list: RunList;
  /** Another list is on its way. */
  stale: boolean;
  searched: boolean;
  selected: ReadonlyMap<string, ListedRun>;
  /** Names a run's project; absent where all rows are of the same one. */
  projectOf?: (run: ListedRun) => string;
  onView: (view: View) => void;
  onDeleteSelected: () => void;
}

/** Every run of the list in a table of which only the rows in view exist. Its height is that of all of them from the start. */
export function RunTable(props: RunTableProps) {
  const { list, stale, searched, selected, projectOf, onView, onDeleteSelected, ...actions } = props;
  const box = useRef<HTMLDivElement>(null);
  const height = searched ? ROW_WITH_SNIPPET : ROW;
  const [active, setActive] = useState(0);
  const rangeExtractor = useCallback(
    // The row that has the focus stays, or scrolling would lose it.
    (range: Range) => withPlace(defaultRangeExtractor(range), Math.min(active, range.count - 1)),
    [active],
  );
  const virtual = useVirtualizer({
    count: list.total,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    rangeExtractor,
    overscan: 12,
    scrollPaddingStart: 34,
    initialRect: { width: 1000, height: 800 },
  });
  useEffect(() => {
    if (height > 0) virtual.measure();
  }, [height, virtual]);

  const first = virtual.range?.startIndex ?? 0;
  const last = virtual.range?.endIndex ?? 0;
  useEffect(() => onView({ first, last }), [first, last, onView]);

  useSteadyPlace(box, list, height, first, active, setActive);
  const rowActions = useSteadyActions(actions, setActive);
  const keys = useGridKeys({ box, list, active, setActive, virtual, selected, onDeleteSelected, ...actions });

  return (
    <div
      className={classes("run-table", projectOf && "run-table-projects", stale && "run-table-stale")}
      role="grid"
      aria-label={m.nav_runs()}
      aria-rowcount={list.total + 1}
      aria-multiselectable
      aria-busy={stale}
      data-testid="runs-table"
      data-total={list.total}
      {...keys}
    >
      <div className="run-scroll" ref={box} role="presentation">
        <Head projects={projectOf !== undefined} />
        <div
          className="run-rows"
          role="rowgroup"
          style={{ height: virtual.getTotalSize(), ["--row" as string]: `${height}px` }}
        >
          {virtual.getVirtualItems().map(({ index, start }) => {
            const run = runAt(list, index);
            if (!run) return <RowToCome key={`to-come-${index}`} place={index} top={start} />;
            return (
              <RunRow
                key={run.run_id}
                run={run}
                place={index}
                top={start}
                active={index === Math.min(active, list.total - 1)}
                selected={selected.has(run.run_id)}
                project={projectOf?.(run)}
                {...rowActions}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Head({ projects }: { projects: boolean }) {
  const columns: [text: string, className: string, hidden?: boolean][] = [
    [m.column_select(), "run-check", true],
    [m.column_favourite(), "run-favourite", true],
    [m.column_pipeline(), "run-name"],
    ...(projects ? ([[m.column_project(), "run-project-cell"]] as [string, string][]) : []),
    [m.column_status(), "run-status"],
    [m.column_started(), "col-started"],
    [m.column_duration(), "col-duration"],
    [m.column_tokens(), "col-tokens"],
    [m.column_files(), "col-files"],
    [m.column_actions(), "run-delete", true],
  ];
  return (
    <div role="rowgroup" className="run-head">
      <div className="run-row run-row-head" role="row" aria-rowindex={1}>
        {columns.map(([text, className, hidden]) => (
          <span key={className} role="columnheader" className={className}>
            {hidden ? <span className="sr-only">{text}</span> : text}
          </span>
        ))}
      </div>
    </div>
  );
}

/** The same functions for as long as the table stands, which call the latest ones; so that rows need not be drawn again. */
function useSteadyActions(actions: RowActions, setActive: (place: number) => void): RowActions {
  const latest = useRef(actions);
  useLayoutEffect(() => {
    latest.current = actions;
  });
  return useMemo(
    () => ({
      onOpen: (run, place) => {
        setActive(place);
        latest.current.onOpen(run, place);
      },
      onDelete: (run) => latest.current.onDelete(run),
      onSelect: (run) => latest.current.onSelect(run),
      onFavourite: (run) => latest.current.onFavourite(run),
    }),
    [setActive],
  );
}

function withPlace(places: number[], place: number): number[] {
  if (place < 0 || places.includes(place)) return places;
  return [...places, place].sort((a, b) => a - b);
}

/** Keeps the rows in view, and the one that has the focus, where they are when others come in above them. */
function useSteadyPlace(
  box: RefObject<HTMLDivElement | null>,
  list: RunList,
  height: number,
  first: number,
  active: number,
  setActive: (place: number) => void,
) {
  const seen = useRef<{ top?: string; active?: string }>({});
  const before = useRef<RunList | null>(null);
  useLayoutEffect(() => {
    const old = before.current;
    before.current = list;
    const { top, active: activeId } = seen.current;
    if (!old || old === list) return;
    const moved = (runId: string | undefined) => {
      if (runId === undefined) return 0;
      const [from, to] = [placeOf(old, runId), placeOf(list, runId)];
      return from >= 0 && to >= 0 ? to - from : 0;
    };
    const scroll = box.current;
    const rows = moved(top);
    if (scroll && scroll.scrollTop > 0 && rows !== 0) scroll.scrollTop += rows * height;
    const steps = moved(activeId);
    if (steps !== 0) setActive(Math.max(0, active + steps));
  }, [list, box, height, active, setActive]);
  useLayoutEffect(() => {
    seen.current = { top: runAt(list, first)?.run_id, active: runAt(list, active)?.run_id };
  }, [list, first, active]);
}
