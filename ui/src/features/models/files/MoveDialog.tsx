import { FolderInput, FolderOpen } from "lucide-react";
import { useState } from "react";
import { chooseFolder } from "@/api/desktop";
import { type ModelFileView, type ModelUsageView, useRelocateModel } from "@/api/models";
import { Segmented } from "@/components/Choice";
import { FormDialog } from "@/components/FormDialog";
import { PathField } from "@/components/PathField";
import { m } from "@/paraglide/messages.js";

interface MoveDialogProps {
  file: ModelFileView;
  about: ModelUsageView | undefined;
  onClose: () => void;
}

/** Moves a model's files to another folder, or back into the models folder. How far that is, the transfers tell. */
export function MoveDialog({ file, about, onClose }: MoveDialogProps) {
  // One that lies in the models folder can only leave it.
  const mayReturn = about?.is_inside === false;
  const [home, setHome] = useState(mayReturn);
  const [folder, setFolder] = useState("");
  const move = useRelocateModel();
  const target = folder.trim();
  return (
    <FormDialog
      title={m.model_move_title({ name: file.id })}
      text={m.model_move_text()}
      action={m.model_move_do()}
      icon={FolderInput}
      ready={home || target !== ""}
      busy={move.isPending}
      refused={
        move.isError ? { title: m.model_move_failed({ name: file.id }), error: move.error } : undefined
      }
      onSend={() => move.mutate({ id: file.id, ...(!home && { folder: target }) }, { onSuccess: onClose })}
      onClose={onClose}
      testId="model-move"
    >
      <p className="hint breakable">{m.model_move_from({ path: file.path })}</p>
      {mayReturn && (
        <Segmented
          label={m.model_move_to()}
          value={home ? "home" : "folder"}
          options={[
            { value: "home", label: m.model_move_home() },
            { value: "folder", label: m.model_move_elsewhere() },
          ]}
          onChange={(to) => {
            setHome(to === "home");
            move.reset();
          }}
        />
      )}
      {!home && (
        <PathField
          label={m.model_move_folder()}
          value={folder}
          onChange={(next) => {
            setFolder(next);
            move.reset();
          }}
          placeholder={m.model_move_placeholder()}
          ways={[
            {
              label: m.choose_folder(),
              icon: FolderOpen,
              choose: () => chooseFolder(m.model_move_folder()),
            },
          ]}
          testId="model-move-folder"
        />
      )}
    </FormDialog>
  );
}
