import { FileCode2, Files as FilesIcon } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import type { Artifact } from "@/api/types";
import { CodeView } from "@/components/CodeView";
import { CopyButton } from "@/components/CopyButton";
import { classes } from "@/components/classes";
import { plainText } from "@/components/hiddenCharacters";
import { EmptyState } from "@/components/States";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";

interface FilesProps {
  title: string;
  artifacts: Artifact[];
  /** Files may still come. */
  waiting: boolean;
  /** Why there are none, where it is not for want of code. */
  none?: string;
  /** There is room for the names beside the code. */
  wide?: boolean;
}

/** The artifacts of a step or of the run: their names above, the chosen one below. */
export function Files({ title, artifacts, waiting, none = m.files_none_text(), wide = false }: FilesProps) {
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = artifacts.find((artifact) => artifact.name === chosen) ?? artifacts[0];
  return (
    <section className={classes("pane files", wide && "files-wide")} aria-label={title}>
      <header className="pane-head">
        <h2 className="pane-title">{title}</h2>
        {artifacts.length > 0 && <span className="count">{artifacts.length}</span>}
        <span className="spacer" />
        {shown && <CopyButton text={shown.content} label={m.copy_file({ name: plainText(shown.name) })} />}
      </header>
      {shown ? (
        <div className="files-body">
          <FileTree artifacts={artifacts} shown={shown} onShow={setChosen} />
          <div className="files-code">
            {shown.closed === false && <p className="notice notice-warn">{m.file_unclosed()}</p>}
            <CodeView key={shown.name} type={shown.type} content={shown.content} label={shown.name} />
          </div>
        </div>
      ) : (
        <EmptyState
          icon={FilesIcon}
          title={waiting ? m.files_waiting() : m.files_none()}
          text={waiting ? m.files_waiting_text() : none}
        />
      )}
    </section>
  );
}

interface FileTreeProps {
  artifacts: Artifact[];
  shown: Artifact;
  onShow: (name: string) => void;
}

/** One row a file, with its folder in front; arrows move between rows. */
function FileTree({ artifacts, shown, onShow }: FileTreeProps) {
  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const rows = [...event.currentTarget.querySelectorAll("button")];
    rows[rows.indexOf(document.activeElement as HTMLButtonElement) + step]?.focus();
  }
  return (
    <ul className="file-tree" aria-label={m.files()} onKeyDown={onKeyDown}>
      {artifacts.map((artifact) => {
        const slash = artifact.name.lastIndexOf("/") + 1;
        const on = artifact === shown;
        return (
          <li key={artifact.name}>
            <button
              type="button"
              className={classes("file-row", on && "file-on")}
              aria-current={on || undefined}
              data-testid={`artifact-${artifact.name}`}
              title={plainText(artifact.name)}
              onClick={() => onShow(artifact.name)}
            >
              <FileCode2 aria-hidden size={15} />
              <span className="file-name">
                {slash > 0 && (
                  <span className="file-folder">
                    <VisibleText text={artifact.name.slice(0, slash)} />
                  </span>
                )}
                <VisibleText text={artifact.name.slice(slash)} />
              </span>
              {!artifact.name.endsWith(`.${artifact.type}`) && (
                <span className="file-type">{artifact.type}</span>
              )}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
