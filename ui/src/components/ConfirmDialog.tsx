import { AlertDialog } from "@base-ui/react/alert-dialog";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { m } from "@/paraglide/messages.js";
import { Button } from "./Button";

interface ConfirmDialogProps {
  title: string;
  text: ReactNode;
  /** The verb of what will happen. */
  action: string;
  icon?: LucideIcon;
  /** How the verb looks; what takes something away is red. */
  look?: "destructive" | "primary";
  busy?: boolean;
  /** Without it there is nothing to confirm, and the dialog can only be closed. */
  onConfirm?: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be taken back. The focus starts on the button that does nothing. */
export function ConfirmDialog({
  title,
  text,
  action,
  icon,
  look = "destructive",
  busy,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  return (
    <AlertDialog.Root open onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="sheet-backdrop" />
        <AlertDialog.Popup className="dialog" data-testid="confirm-dialog">
          <AlertDialog.Title className="dialog-title">{title}</AlertDialog.Title>
          <AlertDialog.Description className="dialog-text" render={<div />}>
            {text}
          </AlertDialog.Description>
          <footer className="dialog-foot">
            <AlertDialog.Close className="button button-default" data-testid="confirm-cancel">
              <span>{onConfirm ? m.keep() : m.close()}</span>
            </AlertDialog.Close>
            {onConfirm && (
              <Button look={look} icon={icon} busy={busy} onClick={onConfirm} data-testid="confirm-action">
                {action}
              </Button>
            )}
          </footer>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
