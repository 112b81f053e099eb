import { ChevronDown, FileCode2, Folder } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import type { Artifact } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { classes } from "./classes";
import { formatCount } from "./format";
import { plainText } from "./hiddenCharacters";
import { SyntaxMark } from "./SyntaxMark";
import { treeRows } from "./treeRows";
import { VisibleText } from "./VisibleText";

interface FileTreeProps {
  artifacts: Artifact[];
  shown: Artifact;
  /** A file that is not closed is still being written. */
  growing?: boolean;
  onShow: (name: string) => void;
}

/** Folders that close and files that open; arrows move between rows, left and right close and open a folder. */
export function FileTree({ artifacts, shown, growing = false, onShow }: FileTreeProps) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const rows = treeRows(artifacts, closed);
  function toggle(path: string) {
    const next = new Set(closed);
    if (!next.delete(path)) next.add(path);
    setClosed(next);
  }
  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const buttons = [...event.currentTarget.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const row = rows[at];
    if (row?.kind === "folder" && event.key === (closed.has(row.path) ? "ArrowRight" : "ArrowLeft")) {
      event.preventDefault();
      return toggle(row.path);
    }
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    buttons[at + step]?.focus();
  }
  return (
    <ul className="file-tree" aria-label={m.files()} onKeyDown={onKeyDown}>
      {rows.map((row) =>
        row.kind === "folder" ? (
          <li key={`${row.path}/`}>
            <button
              type="button"
              className="file-row file-folder-row"
              style={{ paddingLeft: indent(row.depth) }}
              aria-expanded={!closed.has(row.path)}
              onClick={() => toggle(row.path)}
            >
              <ChevronDown
                aria-hidden
                size={13}
                className={classes("file-fold", closed.has(row.path) && "file-folded")}
              />
              <Folder aria-hidden size={15} />
              <span className="file-name">
                <VisibleText text={row.name} />
              </span>
            </button>
          </li>
        ) : (
          <FileRow
            key={row.artifact.name}
            artifact={row.artifact}
            name={row.name}
            depth={row.depth}
            on={row.artifact === shown}
            growing={growing && row.artifact.closed === false}
            onShow={onShow}
          />
        ),
      )}
    </ul>
  );
}

const indent = (depth: number) => 9 + depth * 16;

interface FileRowProps {
  artifact: Artifact;
  name: string;
  depth: number;
  on: boolean;
  growing: boolean;
  onShow: (name: string) => void;
}

/** A file as a small card: what it is called and how long it is. */
function FileRow({ artifact, name, depth, on, growing, onShow }: FileRowProps) {
  const lines = artifact.content.replace(/\n$/, "").split("\n").length;
  return (
    <li>
      <button
        type="button"
        className={classes("file-row", on && "file-on", artifact.closed === false && "file-open")}
        style={{ paddingLeft: indent(depth) }}
        aria-current={on || undefined}
        data-testid={`artifact-${artifact.name}`}
        data-closed={artifact.closed !== false}
        title={plainText(artifact.name)}
        onClick={() => onShow(artifact.name)}
      >
        <FileCode2 aria-hidden size={15} />
        <span className="file-name">
          <VisibleText text={name} />
        </span>
        {!artifact.name.endsWith(`.${artifact.type}`) && <span className="file-type">{artifact.type}</span>}
        {!growing && <SyntaxMark report={artifact.syntax} />}
        <span className="file-lines">
          {growing ? m.file_being_written() : m.lines_short({ count: formatCount(lines) })}
        </span>
      </button>
    </li>
  );
}
