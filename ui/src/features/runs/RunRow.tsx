import { Trash2 } from "lucide-react";
import { isEnded } from "@/api/runView";
import type { RunSummary } from "@/api/types";
import { IconButton } from "@/components/Button";
import { formatSeconds, formatStamp } from "@/components/format";
import { useProjectNames } from "@/components/projectName";
import { SimulatedBadge } from "@/components/RoleChip";
import { StatusBadge } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";

/** Height in px of one row of the table. */
export const RUN_ROW_HEIGHT = 44;

interface RunRowProps {
  run: RunSummary;
  /** Distance in px from the top of the rows. */
  top: number;
  onOpen: () => void;
  onDelete: () => void;
}

export function RunRow({ run, top, onOpen, onDelete }: RunRowProps) {
  const project = useProjectNames()(run.project_id);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the row is placed by hand, which a table row cannot be.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the name in the row is a button; the click area is only larger.
    // biome-ignore lint/a11y/useFocusableInteractive: as above.
    <div className="run-row" role="row" style={{ transform: `translateY(${top}px)` }} onClick={onOpen}>
      {/* biome-ignore lint/a11y/useSemanticElements: a cell of such a row. */}
      <span role="cell" className="run-name">
        <button
          type="button"
          data-testid={`run-row-${run.run_id}`}
          aria-label={m.run_open({ name: run.name, when: formatStamp(run.created_at) })}
        >
          {run.name}
        </button>
        {run.simulated && <SimulatedBadge />}
        {project && <span className="run-project">{project}</span>}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: a cell of such a row. */}
      <span role="cell" className="run-status">
        <StatusBadge run={run} />
      </span>
      <Cell text={formatStamp(run.started_at ?? run.created_at)} />
      <Cell text={duration(run)} />
      <Cell text={`${run.finished_steps} / ${run.total_steps}`} />
      <Cell text={String(run.artifacts)} />
      {/* biome-ignore lint/a11y/useSemanticElements: a cell of such a row. */}
      <span role="cell" className="run-delete">
        {isEnded(run.status) && (
          <IconButton
            icon={Trash2}
            label={m.delete_run_of({ name: run.name, when: formatStamp(run.created_at) })}
            data-testid={`delete-${run.run_id}`}
            onClick={(event) => {
              // The row around it opens the run.
              event.stopPropagation();
              onDelete();
            }}
          />
        )}
      </span>
    </div>
  );
}

function Cell({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a cell of a row that is placed by hand.
    <span role="cell" className="number">
      {text}
    </span>
  );
}

function duration(run: RunSummary): string {
  if (run.started_at && run.finished_at)
    return formatSeconds((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000);
  return run.total_execution_time > 0 ? formatSeconds(run.total_execution_time) : "–";
}
