import { Save } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/Button";
import { Modal } from "@/components/Modal";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { useDocument } from "../document";

/** Longest name of a version. */
const LABEL_MAX = 200;

/** Asks for a name and makes a version of what is on the screen. */
export function SaveVersion({ onClose }: { onClose: () => void }) {
  const { save } = useDocument();
  const [label, setLabel] = useState("");
  const [busy, setBusy] = useState(false);
  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      const version = await save(label.trim() || undefined);
      toast.success(m.doc_version_saved({ version }));
      onClose();
    } catch (error) {
      toast.error(m.doc_version_failed(), { description: errorText(error) });
      setBusy(false);
    }
  }
  return (
    <Modal
      title={m.doc_save_version()}
      text={m.doc_save_version_text()}
      onClose={onClose}
      testId="save-version"
    >
      <form className="save-version" onSubmit={submit}>
        <label className="field">
          <span>{m.doc_version_name()}</span>
          <input
            className="input"
            value={label}
            maxLength={LABEL_MAX}
            placeholder={m.doc_version_name_hint()}
            data-testid="version-label"
            // biome-ignore lint/a11y/noAutofocus: the dialog was opened to type this name.
            autoFocus
            onChange={(event) => setLabel(event.target.value)}
          />
        </label>
        <footer className="dialog-foot">
          <Button onClick={onClose}>{m.cancel()}</Button>
          <Button look="primary" icon={Save} busy={busy} type="submit" data-testid="save-version-button">
            {m.doc_save()}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
