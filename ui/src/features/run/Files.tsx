import { Files as FilesIcon } from "lucide-react";
import { useState } from "react";
import type { Artifact } from "@/api/types";
import type { ArtifactTarget } from "@/api/watch";
import { CheckedCode } from "@/components/CheckedCode";
import { CopyButton } from "@/components/CopyButton";
import { classes } from "@/components/classes";
import { FileTree } from "@/components/FileTree";
import { plainText } from "@/components/hiddenCharacters";
import { EmptyState } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { EditableFiles } from "./EditableFiles";

export interface FilesProps {
  title: string;
  artifacts: Artifact[];
  /** The list that the artifacts are; without it they are only what an unfinished output holds so far. */
  target?: ArtifactTarget;
  /** Whether the list may be changed now. */
  editable?: boolean;
  /** Whether it was. */
  edited?: boolean;
  /** Files may still come. */
  waiting: boolean;
  /** Why there are none, where it is not for want of code. */
  none?: string | undefined;
  /** There is room for the names beside the code. */
  wide?: boolean;
}

/** The artifacts of a step or of the run: their names above, the chosen one below. */
export function Files(props: FilesProps) {
  const { target, editable = false } = props;
  return target && editable ? <EditableFiles {...props} target={target} /> : <ShownFiles {...props} />;
}

/** Artifacts that cannot be changed now. */
function ShownFiles({ title, artifacts, waiting, none, wide = false }: FilesProps) {
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
          <FileTree artifacts={artifacts} shown={shown} growing={waiting} onShow={setChosen} />
          <div className="files-code">
            {shown.closed === false && !waiting && <p className="notice notice-warn">{m.file_unclosed()}</p>}
            <CheckedCode key={shown.name} artifact={shown} />
          </div>
        </div>
      ) : (
        <NoFiles waiting={waiting} none={none} />
      )}
    </section>
  );
}

export function NoFiles({ waiting, none = m.files_none_text() }: Pick<FilesProps, "waiting" | "none">) {
  return (
    <EmptyState
      icon={FilesIcon}
      title={waiting ? m.files_waiting() : m.files_none()}
      text={waiting ? m.files_waiting_text() : none}
    />
  );
}
