import type { UseQueryResult } from "@tanstack/react-query";
import { FolderOpen, TriangleAlert } from "lucide-react";
import { toast } from "sonner";
import { openPath } from "@/api/desktop";
import type { ModelsUsageView } from "@/api/models";
import { isDesktop } from "@/api/transport";
import { IconButton } from "@/components/Button";
import { formatBytes } from "@/components/format";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** How much room the models take on their disk, and how much is free there. */
export function UsageSection({ usage }: { usage: UseQueryResult<ModelsUsageView> }) {
  const { data } = usage;
  if (usage.isPending) return <Skeleton rows={1} tall />;
  if (usage.isError && !data)
    return <ErrorPanel title={m.usage_failed()} error={usage.error} onRetry={() => usage.refetch()} />;
  if (!data) return null;
  const unfinished = data.partial.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
  return (
    <section className="usage" aria-label={m.usage_title()} data-testid="models-usage">
      <div className="usage-head">
        <strong className="number">{m.usage_total({ size: formatBytes(data.total_bytes) })}</strong>
        <span className="number">
          {data.free_bytes == null
            ? m.usage_free_unknown()
            : data.disk_bytes == null
              ? m.usage_free({ free: formatBytes(data.free_bytes) })
              : m.usage_free_of({ free: formatBytes(data.free_bytes), total: formatBytes(data.disk_bytes) })}
        </span>
      </div>
      <UsageBar usage={data} unfinished={unfinished} />
      <p className="usage-facts hint number">
        {data.partial.length > 0 && (
          <span>{m.usage_unfinished({ count: data.partial.length, size: formatBytes(unfinished) })}</span>
        )}
        {data.other_bytes > 0 && <span>{m.usage_other({ size: formatBytes(data.other_bytes) })}</span>}
        <span className="usage-folder">
          <code className="cut" title={data.models_dir}>
            {data.models_dir}
          </code>
          {isDesktop() && (
            <IconButton
              icon={FolderOpen}
              label={m.open_folder()}
              onClick={() =>
                openPath(data.models_dir).catch((error) =>
                  toast.error(m.usage_folder_failed(), { description: errorText(error) }),
                )
              }
            />
          )}
        </span>
      </p>
      {data.problem && (
        <p className="notice notice-warn">
          <TriangleAlert aria-hidden size={14} /> <span className="breakable">{data.problem}</span>
        </p>
      )}
    </section>
  );
}

/** The disk as a bar; its figures are in words around it. */
function UsageBar({ usage, unfinished }: { usage: ModelsUsageView; unfinished: number }) {
  const { total_bytes, disk_bytes, free_bytes } = usage;
  if (disk_bytes == null || free_bytes == null || disk_bytes <= 0) return null;
  const width = (bytes: number) => ({ width: `${Math.min(100, (100 * Math.max(0, bytes)) / disk_bytes)}%` });
  return (
    <div className="usage-bar" aria-hidden>
      <span className="usage-models" style={width(total_bytes - unfinished)} />
      <span className="usage-unfinished" style={width(unfinished)} />
      <span className="usage-rest" style={width(disk_bytes - free_bytes - total_bytes)} />
    </div>
  );
}
