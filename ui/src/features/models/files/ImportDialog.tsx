import { FileUp, FolderOpen, Import } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { toast } from "sonner";
import { chooseFile, chooseFolder } from "@/api/desktop";
import { type ImportMode, useImportModel } from "@/api/models";
import { isDesktop } from "@/api/transport";
import { Button } from "@/components/Button";
import { Segmented } from "@/components/Choice";
import { Modal } from "@/components/Modal";
import { ErrorPanel, errorText } from "@/components/States";
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
  const form = useId();
  const wanted = path.trim();

  async function choose(dialog: Promise<string | null>) {
    try {
      const chosen = await dialog;
      if (!chosen) return;
      setPath(chosen);
      start.reset();
    } catch (error) {
      toast.error(m.choose_failed(), { description: errorText(error) });
    }
  }
  function send(event: FormEvent) {
    event.preventDefault();
    if (wanted === "" || start.isPending) return;
    start.mutate(
      { path: wanted, mode, ...(name.trim() && { name: name.trim() }) },
      {
        onSuccess: onClose,
      },
    );
  }
  return (
    <Modal
      title={m.import_title()}
      text={m.import_text()}
      wide
      onClose={onClose}
      testId="import-dialog"
      footer={
        <>
          <Button onClick={onClose}>{m.cancel()}</Button>
          <Button
            look="primary"
            type="submit"
            form={form}
            icon={Import}
            busy={start.isPending}
            disabled={wanted === ""}
            data-testid="import-do"
          >
            {m.import_do()}
          </Button>
        </>
      }
    >
      <form id={form} className="connect-form" onSubmit={send}>
        <div className="field">
          <span>{m.import_path()}</span>
          <input
            className="input mono"
            value={path}
            placeholder={m.import_path_placeholder()}
            aria-label={m.import_path()}
            spellCheck={false}
            data-testid="import-path"
            onChange={(event) => {
              setPath(event.target.value);
              start.reset();
            }}
          />
          {isDesktop() ? (
            <span className="import-choose">
              <Button small icon={FileUp} onClick={() => choose(chooseFile(m.import_choose_file(), "gguf"))}>
                {m.import_choose_file()}
              </Button>
              <Button small icon={FolderOpen} onClick={() => choose(chooseFolder(m.import_choose_folder()))}>
                {m.import_choose_folder()}
              </Button>
            </span>
          ) : (
            <small className="hint">{m.folder_elsewhere()}</small>
          )}
        </div>
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
            onChange={(next) => {
              setMode(next);
              start.reset();
            }}
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
            onChange={(event) => {
              setName(event.target.value);
              start.reset();
            }}
          />
        </label>
      </form>
      {start.isError && <ErrorPanel title={m.import_failed()} error={start.error} />}
    </Modal>
  );
}
