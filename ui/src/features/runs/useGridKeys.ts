import type { Virtualizer } from "@tanstack/react-virtual";
import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useRef } from "react";
import type { ListedRun } from "@/api/library";
import { isEnded } from "@/api/runView";
import { useCommands } from "@/components/commands";
import { m } from "@/paraglide/messages.js";
import type { RowActions } from "./RunRow";
import { placeOf, type RunList, runAt } from "./runList";

interface GridKeys extends RowActions {
  box: RefObject<HTMLDivElement | null>;
  list: RunList;
  active: number;
  setActive: (place: number) => void;
  virtual: Virtualizer<HTMLDivElement, Element>;
  selected: ReadonlyMap<string, ListedRun>;
  onDeleteSelected: () => void;
}

/** The table's keys: arrows and pages move, Enter opens, Space selects, Delete deletes, F makes a favourite. */
export function useGridKeys(grid: GridKeys) {
  const { box, list, active, setActive, virtual } = grid;
  // The place that is to have the focus as soon as its row exists.
  const wanted = useRef<number | null>(null);
  const focused = useRef<string>(undefined);
  const place = Math.min(active, list.total - 1);
  const run = runAt(list, place);

  // The row that is to have the focus may only now exist, and the one that had it may have been deleted.
  useEffect(() => {
    const taken = focused.current !== undefined && placeOf(list, focused.current) < 0;
    if (taken && document.activeElement === document.body) wanted.current = place;
    if (taken) focused.current = undefined;
    if (wanted.current === null) return;
    const row = box.current?.querySelector<HTMLElement>(`[data-place="${wanted.current}"]`);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });

  function moveTo(next: number) {
    const target = Math.max(0, Math.min(list.total - 1, next));
    wanted.current = target;
    setActive(target);
    virtual.scrollToIndex(target);
  }
  function remove() {
    if (grid.selected.size > 0) grid.onDeleteSelected();
    else if (run && isEnded(run.status)) grid.onDelete(run);
  }
  useCommands([
    {
      id: "runs.favourite",
      title: m.favourite_toggle(),
      group: "here",
      keys: "f",
      disabled: !run,
      run: () => run && grid.onFavourite(run),
    },
    {
      id: "runs.delete",
      title: m.delete_runs(),
      group: "here",
      keys: "delete",
      disabled: !run,
      run: remove,
    },
  ]);

  function onFocus(event: FocusEvent<HTMLElement>) {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-place]");
    if (!row) return;
    const at = Number(row.dataset.place);
    focused.current = runAt(list, at)?.run_id;
    setActive(at);
  }
  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const onRow = (event.target as HTMLElement).getAttribute("role") === "row";
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / 46) - 2);
    const steps: Record<string, number> = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: place + page,
      PageUp: place - page,
      Home: 0,
      End: list.total - 1,
    };
    const next = steps[event.key];
    if (next !== undefined) moveTo(next);
    else if (event.key === "Enter" && onRow && run) grid.onOpen(run, place);
    else if (event.key === " " && onRow && run) grid.onSelect(run);
    else return;
    event.preventDefault();
  }
  return { onFocus, onKeyDown };
}
