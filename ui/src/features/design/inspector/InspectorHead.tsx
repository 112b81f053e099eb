import { PanelRightClose } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "@/components/Button";
import { m } from "@/paraglide/messages.js";
import { SectionNav } from "./SectionNav";
import type { SectionName } from "./sections";

interface InspectorHeadProps {
  title: string;
  /** For screen readers only, where a field shows the name already. */
  hidden?: boolean;
  /** Parts to which the head leads. */
  names: SectionName[];
  onCollapse?: () => void;
  children?: ReactNode;
}

/** The top of the inspector: what is being edited, its size, and the ways to its parts. */
export function InspectorHead({ title, hidden = false, names, onCollapse, children }: InspectorHeadProps) {
  return (
    <header className="inspector-head">
      <div className="inspector-title">
        <h2 className={hidden ? "sr-only" : undefined}>{title}</h2>
        {names.length > 0 && <SectionNav names={names} />}
        {onCollapse && (
          <IconButton
            icon={PanelRightClose}
            label={m.insp_collapse()}
            onClick={onCollapse}
            data-testid="collapse-inspector"
          />
        )}
      </div>
      {children}
    </header>
  );
}
