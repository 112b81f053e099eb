import { Dialog } from "@base-ui/react/dialog";
import { type ReactNode, useRef } from "react";
import { classes } from "./classes";
import { DialogHead } from "./DialogHead";

interface ModalProps {
  title: string;
  text?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  onClose: () => void;
  wide?: boolean;
  testId?: string;
}

/** A dialog in the middle of the window that asks for something before a command is carried out. */
export function Modal({ title, text, children, footer, onClose, wide = false, testId }: ModalProps) {
  const body = useRef<HTMLDivElement>(null);
  return (
    <Dialog.Root open onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="sheet-backdrop" />
        <Dialog.Popup
          className={classes("dialog modal", wide && "modal-wide")}
          data-testid={testId}
          initialFocus={() => body.current?.querySelector<HTMLElement>("input, [role=combobox]") ?? true}
        >
          <DialogHead className="modal-head" title={title} text={text} />
          {children && (
            <div ref={body} className="modal-body">
              {children}
            </div>
          )}
          {footer && <footer className="dialog-foot">{footer}</footer>}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
