import { Ban, Equal, FilePenLine, FilePlus2, type LucideIcon, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { ExportAction, ExportPlan } from "@/api/types";
import { classes } from "@/components/classes";
import { DiffView } from "@/components/DiffView";
import { formatBytes } from "@/components/format";
import { plainText } from "@/components/hiddenCharacters";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { isWritable } from "./plan";

const LOOKS: Record<ExportAction, { icon: LucideIcon; text: () => string }> = {
  new: { icon: FilePlus2, text: () => m.action_new() },
  same: { icon: Equal, text: () => m.action_same() },
  changed: { icon: FilePenLine, text: () => m.action_changed() },
  conflict: { icon: TriangleAlert, text: () => m.action_conflict() },
  refused: { icon: Ban, text: () => m.action_refused() },
};

interface PlanListProps {
  plan: ExportPlan;
  chosen: string[];
  onToggle: (name: string, on: boolean) => void;
}

/** What would happen to each file, with the difference of the selected one. */
export function PlanList({ plan, chosen, onToggle }: PlanListProps) {
  const [selected, setSelected] = useState<string | null>(null);
  const shown =
    plan.files.find((file) => file.name === selected) ??
    plan.files.find((file) => file.diff) ??
    plan.files[0];
  return (
    <>
      <ul className="plan" aria-label={m.files()}>
        {plan.files.map((file) => {
          const { icon: Icon, text } = LOOKS[file.action];
          return (
            <li key={file.name} className={classes("plan-row", shown === file && "plan-on")}>
              <input
                type="checkbox"
                checked={chosen.includes(file.name)}
                disabled={!isWritable(file.action)}
                aria-label={m.write_file({ name: file.name })}
                onChange={(event) => onToggle(file.name, event.target.checked)}
              />
              <button
                type="button"
                className="plan-name"
                data-testid={`plan-${file.name}`}
                aria-current={shown === file || undefined}
                onClick={() => setSelected(file.name)}
              >
                <span title={plainText(file.name)}>
                  <VisibleText text={file.name} />
                </span>
                {file.reason && <small>{file.reason}</small>}
              </button>
              <span className={`chip action-${file.action}`} data-action={file.action}>
                <Icon aria-hidden size={13} />
                {text()}
              </span>
              <span className="plan-size">{formatBytes(file.size_bytes)}</span>
            </li>
          );
        })}
      </ul>
      {shown?.action === "conflict" && (
        <p className="notice notice-warn">
          <TriangleAlert aria-hidden size={14} /> {m.conflict_text()}
        </p>
      )}
      {shown?.diff && <DiffView diff={shown.diff} label={m.changes_in({ name: shown.name })} />}
    </>
  );
}
