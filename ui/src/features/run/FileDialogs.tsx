import { useState } from "react";
import type { Artifact } from "@/api/types";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { type FileEdit, FileForm, NameField } from "./FileForm";
import { togglePick } from "./fileForms";

interface DialogProps {
  index: number;
  artifact: Artifact;
  edit: FileEdit;
  onClose: (shown?: string) => void;
}

export function RenameDialog({ index, artifact, edit, onClose }: DialogProps) {
  const [name, setName] = useState(artifact.name);
  const [keepType, setKeepType] = useState(false);
  const wanted = name.trim();
  return (
    <FileForm
      title={m.file_rename()}
      text={m.file_rename_hint()}
      action={m.file_rename_do()}
      edit={edit}
      fault={wanted === "" || wanted === artifact.name ? "same" : undefined}
      onClose={() => onClose()}
      onSend={() =>
        edit.send({ op: "rename", index, name: wanted, ...(keepType && { keep_type: true }) }, () =>
          onClose(wanted),
        )
      }
    >
      <NameField label={m.file_name()} value={name} onChange={setName} edit={edit} testId="file-name-input" />
      <label className="check">
        <input type="checkbox" checked={keepType} onChange={(event) => setKeepType(event.target.checked)} />
        {m.file_keep_type({ type: artifact.type })}
      </label>
    </FileForm>
  );
}

export function RetypeDialog({ index, artifact, edit, onClose }: DialogProps) {
  const [type, setType] = useState(artifact.type);
  const [rename, setRename] = useState(true);
  const wanted = type.trim().replace(/^\./, "");
  return (
    <FileForm
      title={m.file_retype()}
      text={m.file_retype_hint()}
      action={m.file_retype_do()}
      edit={edit}
      fault={wanted === "" || wanted === artifact.type ? "same" : undefined}
      onClose={() => onClose()}
      onSend={() => edit.send({ op: "retype", index, type: wanted, rename }, () => onClose())}
    >
      <NameField label={m.file_type()} value={type} onChange={setType} edit={edit} testId="file-type-input" />
      <label className="check">
        <input type="checkbox" checked={rename} onChange={(event) => setRename(event.target.checked)} />
        {m.file_retype_rename()}
      </label>
    </FileForm>
  );
}

interface MergeProps {
  artifacts: Artifact[];
  /** The one that is ticked from the start. */
  first: number;
  edit: FileEdit;
  onClose: (shown?: string) => void;
}

/** Files become one, in the order in which they were ticked. */
export function MergeDialog({ artifacts, first, edit, onClose }: MergeProps) {
  const [picked, setPicked] = useState([first]);
  const [name, setName] = useState(artifacts[first]?.name ?? "");
  const wanted = name.trim();
  return (
    <FileForm
      title={m.file_merge()}
      text={m.file_merge_hint()}
      action={m.file_merge_do({ count: picked.length })}
      edit={edit}
      fault={picked.length < 2 || wanted === "" ? "few" : undefined}
      onClose={() => onClose()}
      onSend={() => edit.send({ op: "merge", indices: picked, name: wanted }, () => onClose(wanted))}
    >
      <ul className="merge-list">
        {artifacts.map((artifact, index) => (
          <li key={artifact.name}>
            <label className="check">
              <input
                type="checkbox"
                checked={picked.includes(index)}
                onChange={() => setPicked(togglePick(picked, index))}
                data-testid={`merge-${artifact.name}`}
              />
              <span className="mono">
                <VisibleText text={artifact.name} />
              </span>
              {picked.includes(index) && <span className="count">{picked.indexOf(index) + 1}</span>}
            </label>
          </li>
        ))}
      </ul>
      <NameField
        label={m.file_merge_name()}
        value={name}
        onChange={setName}
        edit={edit}
        testId="file-name-input"
      />
    </FileForm>
  );
}

/** A new file that the user writes. */
export function AddDialog({ edit, onClose }: Pick<DialogProps, "edit" | "onClose">) {
  const [name, setName] = useState("");
  const wanted = name.trim();
  return (
    <FileForm
      title={m.file_add()}
      text={m.file_add_hint()}
      action={m.file_add_do()}
      edit={edit}
      fault={wanted === "" ? "empty" : undefined}
      onClose={() => onClose()}
      onSend={() => edit.send({ op: "add", name: wanted, content: "\n" }, () => onClose(wanted))}
    >
      <NameField label={m.file_name()} value={name} onChange={setName} edit={edit} testId="file-name-input" />
    </FileForm>
  );
}
