import { CircleX, Trash2 } from "lucide-react";
import { toast } from "sonner";
import { ApiError } from "@/api/client";
import { type ModelFileView, type ModelUsageView, useRemoveModel } from "@/api/models";
import type { Role } from "@/api/types";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { formatBytes } from "@/components/format";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

interface RemoveDialogProps {
  file: ModelFileView;
  about: ModelUsageView | undefined;
  roles: Role[];
  onClose: () => void;
}

/** Asks before a model goes: what is lost, and who needs it. */
export function RemoveDialog({ file, about, roles, onClose }: RemoveDialogProps) {
  const remove = useRemoveModel();
  const linked = Boolean(file.origin) || about?.is_inside === false;
  const refused = remove.error instanceof ApiError && remove.error.problem.status === 409;

  function confirm() {
    remove.mutate(
      // The roles that need it are told above; a run that needs it is learnt of by the refusal.
      { model: file.id, force: roles.length > 0 || refused },
      {
        onSuccess: () => {
          toast.success(m.model_removed({ name: file.id }));
          onClose();
        },
      },
    );
  }
  return (
    <ConfirmDialog
      title={m.model_remove_title({ name: file.id })}
      text={
        <>
          <p>
            {linked ? m.model_remove_link() : m.model_remove_file({ size: formatBytes(file.size_bytes) })}
          </p>
          <p>
            <code className="breakable">{file.path}</code>
          </p>
          {roles.length > 0 && (
            <p className="notice notice-warn" data-testid="remove-roles">
              {m.model_remove_roles({ count: roles.length, roles: roles.join(", ") })}
            </p>
          )}
          {remove.isError && (
            <p className="notice notice-error" role="alert" data-testid="remove-refused">
              <CircleX aria-hidden size={14} /> <span className="breakable">{errorText(remove.error)}</span>
            </p>
          )}
        </>
      }
      action={refused || roles.length > 0 ? m.model_remove_anyway() : m.model_remove()}
      icon={Trash2}
      busy={remove.isPending}
      onConfirm={confirm}
      onClose={onClose}
    />
  );
}
