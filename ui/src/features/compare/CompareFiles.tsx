import { Equal, FileMinus2, FilePenLine, FilePlus2, type LucideIcon } from "lucide-react";
import type { RunView } from "@/api/types";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { Fold } from "./CompareStep";
import type { Grain } from "./diffRows";
import { type FileState, filePairs } from "./pairs";
import { SideDiff } from "./SideDiff";

const LOOKS: Record<FileState, { icon: LucideIcon; className: string; text: () => string }> = {
  added: { icon: FilePlus2, className: "action-new", text: () => m.file_added() },
  removed: { icon: FileMinus2, className: "action-refused", text: () => m.file_missing() },
  changed: { icon: FilePenLine, className: "action-changed", text: () => m.action_changed() },
  same: { icon: Equal, className: "action-same", text: () => m.action_same() },
};

/** The files of both runs, matched by name, each with its difference. */
export function CompareFiles({ left, right, grain }: { left: RunView; right: RunView; grain: Grain }) {
  const pairs = filePairs(left, right);
  return (
    <section className="compare-step" aria-label={m.files()} data-testid="compare-files">
      <header>
        <h2>{m.final_files()}</h2>
      </header>
      {pairs.length === 0 && <p className="hint">{m.files_none()}</p>}
      {pairs.map(({ name, state, left: was, right: is }) => {
        const { icon: Icon, className, text } = LOOKS[state];
        return (
          <div key={name} className="compare-file" data-testid={`compare-file-${name}`} data-state={state}>
            <p>
              <span className={`chip ${className}`}>
                <Icon aria-hidden size={13} />
                {text()}
              </span>
              <code>
                <VisibleText text={name} />
              </code>
            </p>
            <Fold title={m.compare_contents()} same={state === "same"} start={state === "changed"}>
              <SideDiff
                left={was?.content ?? ""}
                right={is?.content ?? ""}
                grain={grain}
                label={m.changes_in({ name })}
              />
            </Fold>
          </div>
        );
      })}
    </section>
  );
}
