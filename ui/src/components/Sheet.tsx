import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode, RefObject } from "react";
import { DialogHead } from "./DialogHead";

interface SheetProps {
  open: boolean;
  onClose: () => void;
  title: string;
  text?: string;
  children: ReactNode;
  footer?: ReactNode;
  /** For what needs two columns. */
  wide?: boolean;
  /** What has the focus first; else the first thing that can have it. */
  focus?: RefObject<HTMLElement | null>;
}

/** A panel that slides in over the right side of the window and keeps the focus until it is closed. */
export function Sheet({ open, onClose, title, text, children, footer, wide = false, focus }: SheetProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="sheet-backdrop" />
        <Dialog.Popup className={wide ? "sheet sheet-wide" : "sheet"} initialFocus={focus}>
          <DialogHead className="sheet-head" title={title} text={text} />
          <div className="sheet-body">{children}</div>
          {footer && <footer className="sheet-foot">{footer}</footer>}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
