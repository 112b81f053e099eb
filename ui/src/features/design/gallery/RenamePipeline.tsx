import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { design } from "@/api/design";
import { Button } from "@/components/Button";
import { Modal } from "@/components/Modal";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { useDocument } from "../document";
import { useDraft } from "../draft";

/** Gives a saved pipeline another name. The open one is renamed in the editor, where it can be undone. */
export function RenamePipeline({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const open = useDocument();
  const [text, setText] = useState(name);
  const [busy, setBusy] = useState(false);
  async function submit(event: FormEvent) {
    event.preventDefault();
    const next = text.trim();
    if (next === "") return;
    setBusy(true);
    try {
      if (open.id === id) {
        useDraft.getState().rename(next);
        await open.flush();
      } else await rename(id, next);
      onClose();
    } catch (error) {
      toast.error(m.gal_rename_failed({ name }), { description: errorText(error) });
      setBusy(false);
    }
  }
  return (
    <Modal title={m.gal_rename()} onClose={onClose} testId="rename-pipeline">
      <form className="save-version" onSubmit={submit}>
        <label className="field">
          <span>{m.pipeline_name()}</span>
          <input
            className="input"
            value={text}
            maxLength={200}
            data-testid="rename-field"
            // biome-ignore lint/a11y/noAutofocus: the dialog was opened to type this name.
            autoFocus
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <footer className="dialog-foot">
          <Button onClick={onClose}>{m.cancel()}</Button>
          <Button look="primary" type="submit" busy={busy} disabled={text.trim() === ""}>
            {m.gal_rename()}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}

/** The name is a part of the document: its draft is renamed where there is one, and else its newest version. */
async function rename(id: string, name: string): Promise<void> {
  const { draft, document, version } = await design.pipeline(id);
  if (!draft) {
    await design.saveVersion(id, { document: { ...document, name }, base_version: version });
    return;
  }
  const { base_version, seq } = draft;
  await design.saveDraft(id, {
    document: { ...draft.document, name },
    // The undo history belongs to the document under its old name, and a window that has it open must see that another wrote here.
    editor: { writer: "gallery" },
    base_version,
    seq: seq + 1,
  });
}
