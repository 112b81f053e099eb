import { CircleCheck, FolderOpen, Undo2 } from "lucide-react";
import { toast } from "sonner";
import { openPath } from "@/api/desktop";
import { isDesktop } from "@/api/transport";
import type { ExportOutcome } from "@/api/watch";
import { Button } from "@/components/Button";
import { formatBytes } from "@/components/format";
import { Sheet } from "@/components/Sheet";
import { errorText } from "@/components/States";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";

interface ExportDoneProps {
  result: ExportOutcome;
  onUndo: () => void;
  onClose: () => void;
}

/** What was written, and where; it can be taken back. */
export function ExportDone({ result, onUndo, onClose }: ExportDoneProps) {
  return (
    <Sheet
      open
      onClose={onClose}
      title={m.export_title()}
      footer={
        <>
          {result.undo && (
            <Button icon={Undo2} onClick={onUndo} data-testid="export-undo">
              {m.undo()}
            </Button>
          )}
          <span className="spacer" />
          {isDesktop() && (
            <Button
              icon={FolderOpen}
              onClick={() => openPath(result.folder).catch((error) => toast.error(errorText(error)))}
              data-testid="export-open"
            >
              {m.open_folder()}
            </Button>
          )}
          <Button look="primary" onClick={onClose} data-testid="export-close">
            {m.done()}
          </Button>
        </>
      }
    >
      <div className="export-done" data-testid="export-done" role="status">
        <CircleCheck aria-hidden size={22} />
        <div>
          <h3>{m.wrote_files({ count: result.written.length })}</h3>
          <code>{result.folder}</code>
        </div>
      </div>
      <ul className="plan">
        {result.written.map((file) => (
          <li key={file.name} className="plan-row">
            <span className="plan-name">
              <VisibleText text={file.name} />
            </span>
            <span className="plan-size">{formatBytes(file.size_bytes)}</span>
          </li>
        ))}
        {result.skipped.map((file) => (
          <li key={file.name} className="plan-row plan-skipped">
            <span className="plan-name">
              <span>
                <VisibleText text={file.name} />
              </span>
              <small>
                <SaidText said={said(file.phrase, file.reason)} />
              </small>
            </span>
            <span className="chip action-same">{m.skipped()}</span>
          </li>
        ))}
      </ul>
      {result.branch && (
        <p className="hint" data-testid="export-branch">
          {m.export_on_branch({ branch: result.branch })}
        </p>
      )}
      <p className="hint">{m.manifest_hint({ name: result.manifest })}</p>
    </Sheet>
  );
}
