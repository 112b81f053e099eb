import type { ReactNode } from "react";
import type { ArtifactOperation } from "@/api/watch";
import { Button } from "@/components/Button";
import { Modal } from "@/components/Modal";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** Sends one operation; the dialog stays open while it is refused. */
export interface FileEdit {
  send: (operation: ArtifactOperation, done: () => void) => void;
  busy: boolean;
  error: unknown;
}

interface FormProps {
  title: string;
  text?: string;
  action: string;
  edit: FileEdit;
  /** Why it cannot be sent yet. */
  fault?: string | undefined;
  onSend: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** The frame of a dialog that changes files: Enter sends, and a refusal stands where the field is. */
export function FileForm({ title, text, action, edit, fault, onSend, onClose, children }: FormProps) {
  return (
    <Modal
      title={title}
      text={text}
      onClose={onClose}
      testId="file-form"
      footer={
        <>
          <Button onClick={onClose}>{m.close()}</Button>
          <Button
            look="primary"
            busy={edit.busy}
            disabled={fault !== undefined}
            onClick={onSend}
            data-testid="file-form-send"
          >
            {action}
          </Button>
        </>
      }
    >
      <form
        className="file-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (fault === undefined) onSend();
        }}
      >
        {children}
        {edit.error != null && (
          <p className="field-error" role="alert" id="file-form-error">
            {errorText(edit.error)}
          </p>
        )}
      </form>
    </Modal>
  );
}

interface NameFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  edit: FileEdit;
  testId: string;
}

/** A field for a name or an ending. */
export function NameField({ label, value, onChange, edit, testId }: NameFieldProps) {
  const wrong = edit.error != null;
  return (
    <label className="field">
      <span>{label}</span>
      <input
        className="input mono"
        value={value}
        spellCheck={false}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? "file-form-error" : undefined}
        data-testid={testId}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
