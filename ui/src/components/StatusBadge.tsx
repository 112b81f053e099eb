import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CirclePlay,
  CircleX,
  type LucideIcon,
  Unplug,
} from "lucide-react";
import { type RunState, runState, type Standing } from "@/api/runView";
import { m } from "@/paraglide/messages.js";
import { classes } from "./classes";
import { Tooltip } from "./Tooltip";

interface Look {
  icon: LucideIcon;
  className: string;
  text: () => string;
  /** What the word means, where it needs that. */
  hint?: () => string;
}

const LOOKS: Record<RunState, Look> = {
  PENDING: { icon: CircleDashed, className: "status-pending", text: () => m.status_pending() },
  RUNNING: { icon: CirclePlay, className: "status-running", text: () => m.status_running() },
  PAUSED: {
    icon: CirclePause,
    className: "status-paused",
    text: () => m.status_paused(),
    hint: () => m.paused_explained(),
  },
  INTERRUPTED: {
    icon: Unplug,
    className: "status-interrupted",
    text: () => m.status_interrupted(),
    hint: () => m.interrupted_explained(),
  },
  SUCCESS: { icon: CircleCheck, className: "status-success", text: () => m.status_success() },
  FAILED: { icon: CircleX, className: "status-failed", text: () => m.status_failed() },
  CANCELLED: { icon: Ban, className: "status-cancelled", text: () => m.status_cancelled() },
};

/** The states that a list of runs can be filtered by, in the order of a run's life. */
export const RUN_STATES: RunState[] = [
  "PENDING",
  "RUNNING",
  "PAUSED",
  "INTERRUPTED",
  "SUCCESS",
  "FAILED",
  "CANCELLED",
];

export function statusText(state: RunState): string {
  return LOOKS[state].text();
}

export function StatusIcon({ status, size = 16 }: { status: RunState; size?: number }) {
  const { icon: Icon, className, text } = LOOKS[status];
  return (
    <span className={classes("status-icon", className)}>
      <Icon size={size} role="img" aria-label={text()} />
    </span>
  );
}

/** How a run stands. One that is held is never shown as waiting, which is what its record says. */
export function StatusBadge({ run, testId }: { run: Standing; testId?: string }) {
  const state = runState(run);
  const { icon: Icon, className, text, hint } = LOOKS[state];
  const badge = (
    <span
      className={classes("chip status-badge", className)}
      data-testid={testId}
      data-status={run.status}
      data-state={state}
    >
      <Icon aria-hidden size={13} />
      {text()}
    </span>
  );
  return hint ? <Tooltip text={hint()}>{badge}</Tooltip> : badge;
}
