import { useId, useState } from "react";
import { toast } from "sonner";
import { type ModelFileView, useRenameModel } from "@/api/models";
import { FormDialog } from "@/components/FormDialog";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

export function RenameDialog({ file, onClose }: { file: ModelFileView; onClose: () => void }) {
  const rename = useRenameModel();
  const [name, setName] = useState(file.id);
  const fault = useId();
  const wanted = name.trim();
  const send = () =>
    rename.mutate(
      { model: file.id, name: wanted },
      {
        onSuccess: () => {
          toast.success(m.model_renamed({ name: wanted }));
          onClose();
        },
      },
    );
  return (
    <FormDialog
      title={m.model_rename_title({ name: file.id })}
      text={m.model_rename_hint()}
      action={m.file_rename_do()}
      ready={wanted !== "" && wanted !== file.id}
      busy={rename.isPending}
      onSend={send}
      onClose={onClose}
      testId="rename"
    >
      <div className="field">
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
      </div>
    </FormDialog>
  );
}
