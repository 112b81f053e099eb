import { ChevronDown, type LucideIcon } from "lucide-react";
import { type ReactNode, useId } from "react";
import { classes } from "@/components/classes";
import { type SectionName, useSections } from "./sections";

interface SectionProps {
  name: SectionName;
  title: string;
  icon: LucideIcon;
  /** A few words beside the title that tell what is inside, such as a count. */
  note?: ReactNode;
  /** Whether the note is a warning. */
  alert?: boolean;
  children: ReactNode;
}

/** One part of the inspector, which can be folded away; whether it is open is remembered. */
export function Section({ name, title, icon: Icon, note, alert = false, children }: SectionProps) {
  const open = useSections((state) => state.open[name]);
  const toggle = useSections((state) => state.toggle);
  const body = useId();
  return (
    <section className="inspector-section" id={`inspector-${name}`} data-testid={`section-${name}`}>
      <h3>
        <button
          type="button"
          className="section-head"
          aria-expanded={open}
          aria-controls={body}
          onClick={() => toggle(name)}
        >
          <ChevronDown aria-hidden size={14} className="section-chevron" />
          <Icon aria-hidden size={15} />
          <span>{title}</span>
          {note && <span className={classes("section-note", alert && "section-alert")}>{note}</span>}
        </button>
      </h3>
      <div id={body} className="section-body" hidden={!open}>
        {open && children}
      </div>
    </section>
  );
}
