import { Ban, Equal, FilePenLine, FilePlus2, type LucideIcon, Pencil, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { ExportAction, ExportFile, ExportPreview } from "@/api/watch";
import { IconButton } from "@/components/Button";
import { classes } from "@/components/classes";
import { DiffView } from "@/components/DiffView";
import { formatBytes } from "@/components/format";
import { plainText } from "@/components/hiddenCharacters";
import { SimulatedBadge } from "@/components/RoleChip";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { isWritable, originalName } from "./plan";

const LOOKS: Record<ExportAction, { icon: LucideIcon; text: () => string }> = {
  new: { icon: FilePlus2, text: () => m.action_new() },
  same: { icon: Equal, text: () => m.action_same() },
  changed: { icon: FilePenLine, text: () => m.action_changed() },
  conflict: { icon: TriangleAlert, text: () => m.action_conflict() },
  refused: { icon: Ban, text: () => m.action_refused() },
};

interface PlanListProps {
  plan: ExportPreview;
  chosen: string[];
  /** New names by the run's own. */
  renamed: Record<string, string>;
  onToggle: (name: string, on: boolean) => void;
  onRename: (from: string, to: string) => void;
}

/** What would happen to each file, with the difference of the selected one. */
export function PlanList({ plan, chosen, renamed, onToggle, onRename }: PlanListProps) {
  const [selected, setSelected] = useState<string | null>(null);
  const shown =
    plan.files.find((file) => file.name === selected) ??
    plan.files.find((file) => file.diff) ??
    plan.files[0];
  return (
    <>
      <ul className="plan" aria-label={m.files()}>
        {plan.files.map((file) => (
          <PlanRow
            key={originalName(renamed, file.name)}
            file={file}
            from={originalName(renamed, file.name)}
            on={shown === file}
            chosen={chosen.includes(file.name)}
            onToggle={(on) => onToggle(file.name, on)}
            onSelect={() => setSelected(file.name)}
            onRename={(to) => {
              onRename(originalName(renamed, file.name), to);
              setSelected(to);
            }}
          />
        ))}
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

interface PlanRowProps {
  file: ExportFile;
  /** Its name in the run. */
  from: string;
  on: boolean;
  chosen: boolean;
  onToggle: (on: boolean) => void;
  onSelect: () => void;
  onRename: (to: string) => void;
}

function PlanRow({ file, from, on, chosen, onToggle, onSelect, onRename }: PlanRowProps) {
  const [renaming, setRenaming] = useState(false);
  const { icon: Icon, text } = LOOKS[file.action];
  return (
    <li className={classes("plan-row", on && "plan-on")}>
      <input
        type="checkbox"
        checked={chosen}
        disabled={!isWritable(file.action)}
        aria-label={m.write_file({ name: file.name })}
        onChange={(event) => onToggle(event.target.checked)}
      />
      {renaming ? (
        <TargetName
          name={file.name}
          onDone={(to) => {
            setRenaming(false);
            if (to !== null && to !== file.name) onRename(to);
          }}
        />
      ) : (
        <button
          type="button"
          className="plan-name"
          data-testid={`plan-${file.name}`}
          aria-current={on || undefined}
          onClick={onSelect}
        >
          <span title={plainText(file.name)}>
            <VisibleText text={file.name} />
          </span>
          {from !== file.name && <small>{m.export_renamed_from({ name: from })}</small>}
          {file.reason && (
            <small>
              <SaidText said={said(file.phrase, file.reason)} />
            </small>
          )}
        </button>
      )}
      {file.simulated && <SimulatedBadge />}
      {!renaming && (
        <IconButton
          icon={Pencil}
          label={m.export_rename({ name: plainText(file.name) })}
          onClick={() => setRenaming(true)}
          data-testid={`plan-rename-${file.name}`}
        />
      )}
      <span className={`chip plan-action action-${file.action}`} data-action={file.action}>
        <Icon aria-hidden size={13} />
        {text()}
      </span>
      <span className="plan-size">{formatBytes(file.size_bytes)}</span>
    </li>
  );
}

/** The file's name in the folder, typed where it stands: Enter takes it, Escape does not. */
function TargetName({ name, onDone }: { name: string; onDone: (to: string | null) => void }) {
  const [typed, setTyped] = useState(name);
  const take = () => onDone(typed.trim() === "" ? null : typed.trim());
  return (
    <input
      className="input mono plan-input"
      value={typed}
      aria-label={m.export_rename({ name: plainText(name) })}
      spellCheck={false}
      // biome-ignore lint/a11y/noAutofocus: the field takes the place of the button that was pressed.
      autoFocus
      data-testid="plan-name-input"
      onChange={(event) => setTyped(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === "Enter") take();
        if (event.key !== "Escape") return;
        // The sheet around it would close too.
        event.stopPropagation();
        onDone(null);
      }}
    />
  );
}
