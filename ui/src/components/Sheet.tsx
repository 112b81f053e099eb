import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { m } from "@/paraglide/messages.js";

interface SheetProps {
  open: boolean;
  onClose: () => void;
  title: string;
  text?: string;
  children: ReactNode;
  footer?: ReactNode;
  /** For what needs two columns. */
  wide?: boolean;
}

/** A panel that slides in over the right side of the window and keeps the focus until it is closed. */
export function Sheet({ open, onClose, title, text, children, footer, wide = false }: SheetProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="sheet-backdrop" />
        <Dialog.Popup className={wide ? "sheet sheet-wide" : "sheet"}>
          <header className="sheet-head">
            <div>
              <Dialog.Title className="sheet-title">{title}</Dialog.Title>
              {text && <Dialog.Description className="sheet-text">{text}</Dialog.Description>}
            </div>
            <Dialog.Close className="icon-button" aria-label={m.close()}>
              <X aria-hidden size={16} />
            </Dialog.Close>
          </header>
          <div className="sheet-body">{children}</div>
          {footer && <footer className="sheet-foot">{footer}</footer>}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
