import { ChevronDown } from "lucide-react";
import { type ReactNode, useState } from "react";
import { m } from "@/paraglide/messages.js";

interface FoldProps {
  title: string;
  /** Both sides are equal. */
  same: boolean;
  /** Whether it starts open. */
  start: boolean;
  children: ReactNode;
}

/** A part of a comparison that opens and closes; its content is made only while it is open. */
export function Fold({ title, same, start, children }: FoldProps) {
  const [open, setOpen] = useState(start);
  return (
    <div className="compare-part">
      <button type="button" className="disclosure" aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronDown aria-hidden size={14} />
        {title}
        {same && <span className="hint">{m.compare_same()}</span>}
      </button>
      {open && children}
    </div>
  );
}
