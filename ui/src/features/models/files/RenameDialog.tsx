import { type FormEvent, useId, useState } from "react";
import { toast } from "sonner";
import { type ModelFileView, useRenameModel } from "@/api/models";
import { Button } from "@/components/Button";
import { Modal } from "@/components/Modal";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

export function RenameDialog({ file, onClose }: { file: ModelFileView; onClose: () => void }) {
  const rename = useRenameModel();
  const [name, setName] = useState(file.id);
  const [form, fault] = [useId(), useId()];
  const wanted = name.trim();
  const ready = wanted !== "" && wanted !== file.id && !rename.isPending;

  function send(event: FormEvent) {
    event.preventDefault();
    if (!ready) return;
    rename.mutate(
      { model: file.id, name: wanted },
      {
        onSuccess: () => {
          toast.success(m.model_renamed({ name: wanted }));
          onClose();
        },
      },
    );
  }
  return (
    <Modal
      title={m.model_rename_title({ name: file.id })}
      text={m.model_rename_hint()}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{m.cancel()}</Button>
          <Button
            look="primary"
            type="submit"
            form={form}
            busy={rename.isPending}
            disabled={!ready}
            data-testid="rename-do"
          >
            {m.file_rename_do()}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={send} className="field">
        <span>{m.model_name()}</span>
        <input
          className="input mono"
          value={name}
          maxLength={200}
          aria-label={m.model_name()}
          aria-invalid={rename.isError || undefined}
          aria-describedby={rename.isError ? fault : undefined}
          spellCheck={false}
          data-testid="rename-name"
          onChange={(event) => {
            setName(event.target.value);
            rename.reset();
          }}
        />
        {rename.isError && (
          <span className="field-error breakable" id={fault} role="alert">
            {errorText(rename.error)}
          </span>
        )}
      </form>
    </Modal>
  );
}
