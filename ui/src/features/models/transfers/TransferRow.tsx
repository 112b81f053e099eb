import {
  Archive,
  CircleCheck,
  CircleX,
  Download,
  HardDriveDownload,
  type LucideIcon,
  PackageOpen,
  Pause,
  Play,
  RotateCcw,
  ShieldCheck,
  Trash2,
  X,
} from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import {
  hasEnded,
  isUnderWay,
  type LeftOutFile,
  type TransferKind,
  type TransferView,
  usePauseTransfer,
  useRemoveTransfer,
  useResumeTransfer,
} from "@/api/getModels";
import { IconButton } from "@/components/Button";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { classes } from "@/components/classes";
import { fileName, formatBytes, formatCount } from "@/components/format";
import { errorText } from "@/components/States";
import { SaidText } from "@/components/said/SaidText";
import { type Said, said, saidApart } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { doneShare, transferFacts, transferName, transferState } from "./progress";
import { TransferBar } from "./TransferBar";

const ICONS: Record<TransferKind, LucideIcon> = {
  download: Download,
  import: HardDriveDownload,
  verify: ShieldCheck,
  bundle_export: Archive,
  bundle_import: PackageOpen,
};

/** One piece of long work on files: how far it is, and what can be done with it. */
export function TransferRow({ transfer }: { transfer: TransferView }) {
  const { kind, state, problem, skipped = [] } = transfer;
  const Icon = state === "done" ? CircleCheck : state === "failed" ? CircleX : ICONS[kind];
  return (
    <li className="transfer" data-testid={`transfer-${transfer.id}`} data-state={state}>
      <span className={classes("transfer-icon", `transfer-icon-${state}`)}>
        <Icon aria-hidden size={16} />
      </span>
      <div className="transfer-text">
        <strong className="breakable" title={transfer.title}>
          {transferName(transfer)}
        </strong>
        <p className="hint number">
          <span className="transfer-state">{transferState(transfer)}</span>
          {transferFacts(transfer).map((fact) => (
            <span key={fact}> · {fact}</span>
          ))}
        </p>
        {state !== "done" &&
          state !== "cancelled" &&
          (doneShare(transfer) !== undefined || isUnderWay(transfer)) && <TransferBar transfer={transfer} />}
        {state === "done" && kind === "download" && transfer.model_id && (
          <p className="hint breakable">{m.transfer_model({ id: transfer.model_id })}</p>
        )}
        {skipped.length > 0 && (
          <details className="transfer-skipped" data-testid={`skipped-${transfer.id}`}>
            <summary className="hint">{m.transfer_skipped({ count: formatCount(skipped.length) })}</summary>
            <ul>
              {skipped.map((file) => (
                <li key={file.path} className="hint breakable">
                  <strong>{file.path}</strong>{" "}
                  <span className="transfer-reason">
                    <SaidText said={leftOutReason(file)} />
                  </span>
                </li>
              ))}
            </ul>
          </details>
        )}
        {problem && (
          <p className="transfer-problem breakable">
            <strong>
              <SaidText said={saidApart(problem.phrase, problem).message} />
            </strong>{" "}
            <SaidText said={saidApart(problem.phrase, problem).remedy} />
          </p>
        )}
      </div>
      <TransferActions transfer={transfer} />
    </li>
  );
}

function TransferActions({ transfer }: { transfer: TransferView }) {
  const [asking, setAsking] = useState(false);
  const pause = usePauseTransfer();
  const resume = useResumeTransfer();
  const remove = useRemoveTransfer();
  const { id, kind, state, done_bytes } = transfer;
  const name = transferName(transfer);
  const onError = (error: unknown) =>
    void toast.error(m.transfer_refused({ name }), { description: errorText(error) });
  const end = () => remove.mutate(id, { onError, onSettled: () => setAsking(false) });
  return (
    <div className="transfer-actions">
      {isUnderWay(transfer) && (
        <IconButton
          label={m.transfer_pause({ name })}
          icon={Pause}
          data-testid={`pause-${id}`}
          disabled={pause.isPending}
          onClick={() => pause.mutate(id, { onError })}
        />
      )}
      {state === "paused" && (
        <IconButton
          label={m.resume_of({ name })}
          icon={Play}
          data-testid={`resume-${id}`}
          disabled={resume.isPending}
          onClick={() => resume.mutate(id, { onError })}
        />
      )}
      {state === "failed" && kind === "download" && (
        <IconButton
          label={m.transfer_retry({ name })}
          icon={RotateCcw}
          disabled={resume.isPending}
          onClick={() => resume.mutate(id, { onError })}
        />
      )}
      {hasEnded(transfer) && !(state === "failed" && kind === "download") ? (
        <IconButton
          label={m.transfer_clear({ name })}
          icon={X}
          disabled={remove.isPending}
          onClick={() => remove.mutate(id, { onError })}
        />
      ) : (
        <IconButton
          label={m.transfer_cancel({ name })}
          icon={X}
          disabled={remove.isPending}
          // What has arrived goes with it.
          onClick={() => (kind === "download" && done_bytes > 0 ? setAsking(true) : end())}
        />
      )}
      {asking && (
        <ConfirmDialog
          title={m.transfer_cancel_title({ name })}
          text={<p>{m.transfer_cancel_text({ size: formatBytes(done_bytes) })}</p>}
          action={m.transfer_cancel_do()}
          icon={Trash2}
          busy={remove.isPending}
          onConfirm={end}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

/** Why a file was left out. Its path stands before, so it is not told again. */
function leftOutReason({ path, reason, phrase }: LeftOutFile): Said {
  const whole = said(phrase, reason);
  return { ...whole, text: whole.text.replace(`${path}: `, "").replaceAll(path, fileName(path)) };
}
