import { CircleCheck, TriangleAlert, Undo2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { type PastExport, useUndoExport } from "@/api/watch";
import { Button } from "@/components/Button";
import { Sheet } from "@/components/Sheet";
import { ErrorPanel, Skeleton } from "@/components/States";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";

interface ExportUndoneProps {
  runId: string;
  /** The export that is taken back. */
  done: PastExport;
  onBack: () => void;
  onClose: () => void;
}

/** Takes an export back and tells what became of each file; one that was edited since is left unless the user says otherwise. */
export function ExportUndone({ runId, done, onBack, onClose }: ExportUndoneProps) {
  const undo = useUndoExport(runId);
  const { mutate } = undo;
  const asked = useRef(false);
  useEffect(() => {
    // Asked once: React runs an effect twice while developing.
    if (asked.current) return;
    asked.current = true;
    mutate({ exportId: done.export_id, overwrite: false });
  }, [mutate, done.export_id]);
  const result = undo.data;
  return (
    <Sheet
      open
      onClose={onClose}
      title={m.export_undo_title()}
      text={done.folder}
      footer={
        <>
          <span className="spacer" />
          <Button onClick={onBack} data-testid="export-back">
            {m.export_back()}
          </Button>
          <Button look="primary" onClick={onClose} data-testid="export-close">
            {m.done()}
          </Button>
        </>
      }
    >
      {undo.isError ? (
        <ErrorPanel
          title={m.export_undo_failed()}
          error={undo.error}
          onRetry={() => mutate({ exportId: done.export_id, overwrite: false })}
        />
      ) : !result ? (
        <Skeleton rows={2} />
      ) : (
        <>
          <div className="export-done" role="status" data-testid="export-undone">
            <CircleCheck aria-hidden size={22} />
            <div>
              <h3>{m.export_undone({ count: result.restored.length + result.removed.length })}</h3>
              <p>
                {m.export_undone_text({
                  restored: String(result.restored.length),
                  removed: String(result.removed.length),
                })}
              </p>
            </div>
          </div>
          {result.branch && (
            <p className="hint" data-testid="undo-branch">
              {m.export_undo_branch({ branch: result.branch })}
            </p>
          )}
          {result.skipped.length > 0 && (
            <>
              <p className="notice notice-warn">
                <TriangleAlert aria-hidden size={14} />{" "}
                {m.export_undo_skipped({ count: result.skipped.length })}
              </p>
              <ul className="plan" aria-label={m.files()} data-testid="undo-skipped">
                {result.skipped.map((file) => (
                  <li key={file.name} className="plan-row">
                    <span className="plan-name">
                      <span>
                        <VisibleText text={file.name} />
                      </span>
                      <small>
                        <SaidText said={said(file.phrase, file.reason)} />
                      </small>
                    </span>
                  </li>
                ))}
              </ul>
              <Button
                look="danger"
                icon={Undo2}
                busy={undo.isPending}
                onClick={() => mutate({ exportId: done.export_id, overwrite: true })}
                data-testid="undo-overwrite"
              >
                {m.export_undo_overwrite()}
              </Button>
            </>
          )}
        </>
      )}
    </Sheet>
  );
}
