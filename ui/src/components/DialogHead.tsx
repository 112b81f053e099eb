import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { m } from "@/paraglide/messages.js";

/** The head of a dialog: its title, what it is for, and the cross that closes it. */
export function DialogHead({
  className,
  title,
  text,
}: {
  className: string;
  title: string;
  text?: ReactNode;
}) {
  return (
    <header className={className}>
      <div>
        <Dialog.Title className="sheet-title">{title}</Dialog.Title>
        {text && <Dialog.Description className="sheet-text">{text}</Dialog.Description>}
      </div>
      <Dialog.Close className="icon-button" aria-label={m.close()}>
        <X aria-hidden size={16} />
      </Dialog.Close>
    </header>
  );
}
