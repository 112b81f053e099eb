import { ShieldQuestion } from "lucide-react";
import type { ModelFileView, ModelsUsageView } from "@/api/models";
import type { Role } from "@/api/types";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { m } from "@/paraglide/messages.js";
import { DetailSheet } from "./DetailSheet";
import { MoveDialog } from "./MoveDialog";
import { RemoveDialog } from "./RemoveDialog";
import { RenameDialog } from "./RenameDialog";
import { useVerify } from "./useVerify";

export type DialogKind = "details" | "accept" | "rename" | "move" | "remove";

/** What is open over the list, and for which model. */
export interface Opened {
  kind: DialogKind;
  id: string;
}

interface ModelDialogsProps {
  opened: Opened | null;
  files: ModelFileView[];
  usage: ModelsUsageView | undefined;
  rolesOf: (file: ModelFileView) => Role[];
  onOpen: (opened: Opened) => void;
  onClose: () => void;
}

/** The one dialog that is open for a model. */
export function ModelDialogs({ opened, files, usage, rolesOf, onOpen, onClose }: ModelDialogsProps) {
  const verify = useVerify();
  const file = files.find(({ id }) => id === opened?.id);
  if (!opened || !file) return null;
  const { id } = file;
  const about = usage?.models.find((model) => model.id === id);
  switch (opened.kind) {
    case "details":
      return (
        <DetailSheet file={file} about={about} onOpen={(kind) => onOpen({ kind, id })} onClose={onClose} />
      );
    case "rename":
      return <RenameDialog file={file} onClose={onClose} />;
    case "move":
      return <MoveDialog file={file} about={about} onClose={onClose} />;
    case "remove":
      return <RemoveDialog file={file} about={about} roles={rolesOf(file)} onClose={onClose} />;
    case "accept":
      return (
        <ConfirmDialog
          title={m.file_accept_title({ name: id })}
          text={<p>{m.file_accept_text()}</p>}
          action={m.file_accept()}
          look="primary"
          icon={ShieldQuestion}
          onClose={onClose}
          onConfirm={() => {
            verify(id, true);
            onClose();
          }}
        />
      );
  }
}
