import { Undo2 } from "lucide-react";
import type { PastExport } from "@/api/watch";
import { Button } from "@/components/Button";
import { formatStamp } from "@/components/format";
import { m } from "@/paraglide/messages.js";

/** The exports that this run had before, each with its undo. */
export function PastExports({ past, onUndo }: { past: PastExport[]; onUndo: (one: PastExport) => void }) {
  if (past.length === 0) return null;
  return (
    <section className="past-exports" aria-label={m.exports_before()}>
      <h3>{m.exports_before()}</h3>
      <ul className="plan plan-past">
        {past.map((one) => (
          <li key={one.export_id} className="plan-row" data-testid={`past-export-${one.export_id}`}>
            <span className="plan-name">
              <span title={one.folder}>{one.folder}</span>
              <small>
                {formatStamp(one.exported_at)} · {m.files_count({ count: one.files })}
              </small>
            </span>
            {one.undone ? (
              <span className="hint">{m.export_was_undone()}</span>
            ) : (
              <Button
                small
                icon={Undo2}
                onClick={() => onUndo(one)}
                aria-label={m.export_undo_of({ when: formatStamp(one.exported_at) })}
                data-testid={`undo-export-${one.export_id}`}
              >
                {m.undo()}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
