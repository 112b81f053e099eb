import { Equal, FileMinus2, FilePenLine, FilePlus2, type LucideIcon } from "lucide-react";
import type { Artifact } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { Fold } from "./Fold";
import { type FileState, filePairs } from "./pairs";
import { SideDiff } from "./SideDiff";
import type { Grain } from "./sideRows";
import { VisibleText } from "./VisibleText";

const LOOKS: Record<FileState, { icon: LucideIcon; className: string }> = {
  added: { icon: FilePlus2, className: "action-new" },
  removed: { icon: FileMinus2, className: "action-refused" },
  changed: { icon: FilePenLine, className: "action-changed" },
  same: { icon: Equal, className: "action-same" },
};

interface FilePairsProps {
  left: Artifact[];
  right: Artifact[];
  grain: Grain;
  /** How a file that only the left or only the right has, or both with other content, is marked. */
  said?: Partial<Record<FileState, string>>;
}

/** The files of both sides, matched by name, each with its difference. */
export function FilePairs({ left, right, grain, said }: FilePairsProps) {
  const pairs = filePairs(left, right);
  const texts: Record<FileState, string> = {
    added: m.file_added(),
    removed: m.file_missing(),
    changed: m.action_changed(),
    same: m.action_same(),
    ...said,
  };
  return (
    <section className="compare-step" aria-label={m.files()} data-testid="compare-files">
      <header>
        <h2>{m.final_files()}</h2>
      </header>
      {pairs.length === 0 && <p className="hint">{m.files_none()}</p>}
      {pairs.map(({ name, state, left: was, right: is }) => {
        const { icon: Icon, className } = LOOKS[state];
        return (
          <div key={name} className="compare-file" data-testid={`compare-file-${name}`} data-state={state}>
            <p>
              <span className={`chip ${className}`}>
                <Icon aria-hidden size={13} />
                {texts[state]}
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
