import { Scissors } from "lucide-react";
import { useState } from "react";
import type { Artifact } from "@/api/types";
import { Button } from "@/components/Button";
import { classes } from "@/components/classes";
import { errorText } from "@/components/States";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import type { FileEdit } from "./FileForm";
import { partNames } from "./fileForms";

interface SplitViewProps {
  index: number;
  artifact: Artifact;
  edit: FileEdit;
  onClose: (shown?: string) => void;
}

/** Cuts a file between lines: each line has a button that begins a new file there. */
export function SplitView({ index, artifact, edit, onClose }: SplitViewProps) {
  const lines = artifact.content.replace(/\n$/, "").split("\n");
  const [cuts, setCuts] = useState<number[]>([]);
  const [own, setOwn] = useState<Record<number, string>>({});
  const names = partNames(artifact.name, cuts.length + 1).map((name, part) => own[part] ?? name);
  const partOf = (line: number) => cuts.filter((cut) => cut <= line).length;
  const toggle = (line: number) =>
    setCuts(
      cuts.includes(line)
        ? cuts.filter((cut) => cut !== line)
        : [...cuts, line].sort((one, two) => one - two),
    );
  return (
    <div className="split" data-testid="split-view">
      <p className="hint">{m.file_split_hint()}</p>
      <ol className="split-lines" aria-label={artifact.name}>
        {lines.map((line, at) => {
          const number = at + 1;
          const cut = cuts.includes(number);
          return (
            <li
              key={number}
              className={classes("split-line", cut && "split-cut", partOf(number) % 2 === 1 && "split-odd")}
            >
              {number > 1 ? (
                <button
                  type="button"
                  aria-pressed={cut}
                  aria-label={m.file_split_at({ line: String(number) })}
                  title={m.file_split_at({ line: String(number) })}
                  data-testid={`split-at-${number}`}
                  onClick={() => toggle(number)}
                >
                  <Scissors aria-hidden size={13} />
                  {number}
                </button>
              ) : (
                <span className="split-first">1</span>
              )}
              <code>
                <VisibleText text={line || " "} />
              </code>
            </li>
          );
        })}
      </ol>
      <div className="split-parts">
        {names.map((name, part) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place in the file.
          <label key={part} className="field">
            <span>{m.file_split_part({ number: String(part + 1) })}</span>
            <input
              className="input mono"
              value={name}
              spellCheck={false}
              data-testid={`split-name-${part}`}
              aria-invalid={edit.error != null || undefined}
              onChange={(event) => setOwn({ ...own, [part]: event.target.value })}
            />
          </label>
        ))}
        {edit.error != null && (
          <p className="field-error" role="alert">
            {errorText(edit.error)}
          </p>
        )}
        <div className="split-foot">
          <Button small onClick={() => onClose()}>
            {m.close()}
          </Button>
          <Button
            small
            look="primary"
            icon={Scissors}
            busy={edit.busy}
            disabled={cuts.length === 0}
            data-testid="split-send"
            onClick={() =>
              edit.send({ op: "split", index, at_lines: cuts, names: names.map((name) => name.trim()) }, () =>
                onClose(names[0]?.trim()),
              )
            }
          >
            {m.file_split_do({ count: names.length })}
          </Button>
        </div>
      </div>
    </div>
  );
}
