import { Ban, CircleCheck, CircleDashed, CircleX, LoaderCircle, type LucideIcon, Unplug } from "lucide-react";
import type { Status } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { classes } from "./classes";
import { Tooltip } from "./Tooltip";

const LOOKS: Record<Status, { icon: LucideIcon; className: string; text: () => string }> = {
  PENDING: { icon: CircleDashed, className: "status-pending", text: () => m.status_pending() },
  RUNNING: { icon: LoaderCircle, className: "status-running", text: () => m.status_running() },
  SUCCESS: { icon: CircleCheck, className: "status-success", text: () => m.status_success() },
  FAILED: { icon: CircleX, className: "status-failed", text: () => m.status_failed() },
  CANCELLED: { icon: Ban, className: "status-cancelled", text: () => m.status_cancelled() },
};

export const STATUSES = Object.keys(LOOKS) as Status[];

export function statusText(status: Status): string {
  return LOOKS[status].text();
}

export function StatusIcon({ status, size = 16 }: { status: Status; size?: number }) {
  const { icon: Icon, className, text } = LOOKS[status];
  return (
    <span className={classes("status-icon", className)}>
      <Icon
        size={size}
        role="img"
        aria-label={text()}
        className={status === "RUNNING" ? "turning" : undefined}
      />
    </span>
  );
}

export function StatusBadge({ status, testId }: { status: Status; testId?: string }) {
  const { icon: Icon, className, text } = LOOKS[status];
  return (
    <span className={classes("chip status-badge", className)} data-testid={testId} data-status={status}>
      <Icon aria-hidden size={13} className={status === "RUNNING" ? "turning" : undefined} />
      {text()}
    </span>
  );
}

export function InterruptedBadge() {
  return (
    <Tooltip text={m.interrupted_explained()}>
      <span className="badge badge-warn">
        <Unplug aria-hidden size={12} />
        {m.interrupted()}
      </span>
    </Tooltip>
  );
}
