import type { ReactNode } from "react";
import { classes } from "@/components/classes";

/** Settings that belong together, below their heading. */
export function SettingGroup({ title, id, children }: { title: string; id: string; children: ReactNode }) {
  return (
    <section className="setting-group" aria-labelledby={`group-${id}`} data-testid={`group-${id}`}>
      <h2 id={`group-${id}`} tabIndex={-1}>
        {title}
      </h2>
      <div className="setting-card">{children}</div>
    </section>
  );
}

interface SettingProps {
  title: string;
  text?: ReactNode;
  /** The control needs the whole width, below the text. */
  wide?: boolean;
  children?: ReactNode;
}

/** One setting: what it is, what it means, and its control. */
export function Setting({ title, text, wide, children }: SettingProps) {
  return (
    <div className={classes("setting", wide && "setting-wide")}>
      <div>
        <h3>{title}</h3>
        {text && <p className="hint">{text}</p>}
      </div>
      {children}
    </div>
  );
}
