import { FileUp, FolderOpen, Import } from "lucide-react";
import { useState } from "react";
import { chooseFile, chooseFolder } from "@/api/desktop";
import { type ImportMode, useImportModel } from "@/api/models";
import { Segmented } from "@/components/Choice";
import { FormDialog } from "@/components/FormDialog";
import { PathField } from "@/components/PathField";
import { m } from "@/paraglide/messages.js";

const HINTS: Record<ImportMode, () => string> = {
  link: () => m.import_link_hint(),
  copy: () => m.import_copy_hint(),
  move: () => m.import_move_hint(),
};

interface ImportDialogProps {
  /** Chosen before the dialog opened; may be empty. */
  path: string;
  onClose: () => void;
}

/** Takes a model file, or a folder with models, into the list. */
export function ImportDialog({ path: given, onClose }: ImportDialogProps) {
  const [path, setPath] = useState(given);
  const [mode, setMode] = useState<ImportMode>("link");
  const [name, setName] = useState("");
  const start = useImportModel();
  const wanted = path.trim();

  /** What was refused says nothing about what is filled in now. */
  const changing =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      set(value);
      start.reset();
    };
  return (
    <FormDialog
      title={m.import_title()}
      text={m.import_text()}
      action={m.import_do()}
      icon={Import}
      ready={wanted !== ""}
      busy={start.isPending}
      refused={start.isError ? { title: m.import_failed(), error: start.error } : undefined}
      onSend={() =>
        start.mutate(
          { path: wanted, mode, ...(name.trim() && { name: name.trim() }) },
          { onSuccess: onClose },
        )
      }
      onClose={onClose}
      testId="import"
    >
      <PathField
        label={m.import_path()}
        value={path}
        onChange={changing(setPath)}
        placeholder={m.import_path_placeholder()}
        ways={[
          {
            label: m.import_choose_file(),
            icon: FileUp,
            choose: () => chooseFile(m.import_choose_file(), "gguf"),
          },
          {
            label: m.import_choose_folder(),
            icon: FolderOpen,
            choose: () => chooseFolder(m.import_choose_folder()),
          },
        ]}
        testId="import-path"
      />
      <div className="field">
        <span>{m.import_mode()}</span>
        <Segmented
          label={m.import_mode()}
          value={mode}
          options={[
            { value: "link", label: m.import_link() },
            { value: "copy", label: m.import_copy() },
            { value: "move", label: m.import_move() },
          ]}
          onChange={changing(setMode)}
        />
        <small className="hint" aria-live="polite">
          {HINTS[mode]()}
        </small>
      </div>
      <label className="field">
        <span>{m.import_name()}</span>
        <input
          className="input mono"
          value={name}
          maxLength={200}
          placeholder={m.import_name_placeholder()}
          spellCheck={false}
          data-testid="import-name"
          onChange={(event) => changing(setName)(event.target.value)}
        />
      </label>
    </FormDialog>
  );
}
