import { Columns2, Star, Trash2, X } from "lucide-react";
import type { ListedRun } from "@/api/library";
import { isEnded } from "@/api/runView";
import { Button } from "@/components/Button";
import { m } from "@/paraglide/messages.js";

interface SelectionBarProps {
  selected: ReadonlyMap<string, ListedRun>;
  onCompare: (left: string, right: string) => void;
  onFavourite: () => void;
  onDelete: () => void;
  onClear: () => void;
}

/** What can be done with the selected runs; it takes the filters' place, so nothing below it moves. */
export function SelectionBar({ selected, onCompare, onFavourite, onDelete, onClear }: SelectionBarProps) {
  const runs = [...selected.values()];
  const [one, other] = runs;
  // The older run stands on the left, so that the comparison reads as what became of it.
  const [left, right] = one && other && one.created_at > other.created_at ? [other, one] : [one, other];
  const two = runs.length === 2;
  return (
    <div className="run-filters run-selection" role="toolbar" aria-label={m.runs_selection()}>
      <strong role="status" data-testid="runs-selected">
        {m.runs_selected({ count: runs.length })}
      </strong>
      <Button
        small
        look={two ? "primary" : "default"}
        icon={Columns2}
        disabled={!two}
        title={two ? undefined : m.compare_needs_two()}
        data-testid="runs-compare"
        onClick={() => left && right && onCompare(left.run_id, right.run_id)}
      >
        {m.compare_two()}
      </Button>
      <Button small icon={Star} data-testid="runs-favourite-selected" onClick={onFavourite}>
        {m.favourite_toggle()}
      </Button>
      <Button
        small
        look="danger"
        icon={Trash2}
        disabled={!runs.some((run) => isEnded(run.status))}
        data-testid="runs-delete-selected"
        onClick={onDelete}
      >
        {m.delete_run()}
      </Button>
      <Button small look="ghost" icon={X} data-testid="runs-clear-selection" onClick={onClear}>
        {m.selection_clear()}
      </Button>
    </div>
  );
}
