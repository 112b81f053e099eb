import { Trash2 } from "lucide-react";
import { toast } from "sonner";
import { useDeleteRun } from "@/api/runActions";
import type { RunSummary } from "@/api/types";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { formatStamp } from "@/components/format";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** Asks whether the run is to go, naming it and what goes with it. */
export function DeleteDialog({ run, onClose }: { run: RunSummary; onClose: () => void }) {
  const remove = useDeleteRun();
  return (
    <ConfirmDialog
      title={m.delete_run_title({ name: run.name })}
      text={m.delete_run_text({ when: formatStamp(run.started_at ?? run.created_at) })}
      action={m.delete_run()}
      icon={Trash2}
      busy={remove.isPending}
      onClose={onClose}
      onConfirm={() =>
        remove.mutate(run.run_id, {
          onSuccess: onClose,
          onError: (error) => toast.error(m.delete_run_failed(), { description: errorText(error) }),
        })
      }
    />
  );
}
