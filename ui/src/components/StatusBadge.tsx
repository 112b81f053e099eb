import { Ban, CircleCheck, CircleDashed, CircleX, LoaderCircle, type LucideIcon, Unplug } from "lucide-react";
import type { StepState } from "@/api/runView";
import type { Status } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { classes } from "./classes";
import { Tooltip } from "./Tooltip";

const LOOKS: Record<StepState, { icon: LucideIcon; className: string; text: () => string }> = {
  PENDING: { icon: CircleDashed, className: "status-pending", text: () => m.status_pending() },
  RUNNING: { icon: LoaderCircle, className: "status-running", text: () => m.status_running() },
  SUCCESS: { icon: CircleCheck, className: "status-success", text: () => m.status_success() },
  FAILED: { icon: CircleX, className: "status-failed", text: () => m.status_failed() },
  CANCELLED: { icon: Ban, className: "status-cancelled", text: () => m.status_cancelled() },
  INTERRUPTED: { icon: Unplug, className: "status-interrupted", text: () => m.status_interrupted() },
};

/** The statuses that the API knows, in the order of a run's life. */
export const STATUSES: Status[] = ["PENDING", "RUNNING", "SUCCESS", "FAILED", "CANCELLED"];

export function statusText(status: StepState): string {
  return LOOKS[status].text();
}

export function StatusIcon({ status, size = 16 }: { status: StepState; size?: number }) {
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

interface StatusBadgeProps {
  run: { status: Status; interrupted: boolean };
  testId?: string;
}

/** How a run stands. An interrupted one is never shown as waiting, which is what its record says. */
export function StatusBadge({ run: { status, interrupted }, testId }: StatusBadgeProps) {
  const { icon: Icon, className, text } = LOOKS[interrupted ? "INTERRUPTED" : status];
  if (interrupted)
    return (
      <Tooltip text={m.interrupted_explained()}>
        <span className="badge badge-warn" data-testid={testId} data-status={status}>
          <Icon aria-hidden size={13} />
          {text()}
        </span>
      </Tooltip>
    );
  return (
    <span className={classes("chip status-badge", className)} data-testid={testId} data-status={status}>
      <Icon aria-hidden size={13} className={status === "RUNNING" ? "turning" : undefined} />
      {text()}
    </span>
  );
}
