import { Trash2 } from "lucide-react";
import { useEffect } from "react";
import { toast } from "sonner";
import { usePrune } from "@/api/machine";
import type { Retention } from "@/api/types";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { formatBytes } from "@/components/format";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** Says exactly what the limits would remove now, and removes it when asked to. */
export function PruneDialog({
  title,
  limits,
  onClose,
}: {
  title: string;
  limits: Retention;
  onClose: () => void;
}) {
  const preview = usePrune();
  const prune = usePrune();
  const { mutate } = preview;
  useEffect(() => mutate({ limits, dryRun: true }), [mutate, limits]);

  const report = preview.data;
  const nothing = report?.runs === 0;
  return (
    <ConfirmDialog
      title={title}
      text={
        preview.isError ? (
          <ErrorPanel title={m.prune_failed()} error={preview.error} />
        ) : !report ? (
          <Skeleton rows={2} />
        ) : (
          <>
            <p data-testid="prune-preview">
              {nothing
                ? m.prune_nothing()
                : m.prune_preview({ count: report.runs, size: formatBytes(report.freed_bytes) })}
            </p>
            {!nothing && <p>{m.prune_kept()}</p>}
            {report.over_limit && <p>{m.prune_over_limit({ size: formatBytes(report.used_bytes) })}</p>}
          </>
        )
      }
      action={m.remove_now()}
      icon={Trash2}
      busy={prune.isPending}
      onClose={onClose}
      onConfirm={
        report && !nothing
          ? () =>
              prune.mutate(
                { limits, dryRun: false },
                {
                  onSuccess: (done) => {
                    toast.success(m.pruned({ count: done.runs }));
                    onClose();
                  },
                  onError: (error) => toast.error(m.prune_failed(), { description: errorText(error) }),
                },
              )
          : undefined
      }
    />
  );
}
