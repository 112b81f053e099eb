import { CirclePause, Clock3, History, type LucideIcon, Square, Unplug, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import { isEnded } from "@/api/runView";
import type { RunView } from "@/api/types";
import { classes } from "@/components/classes";
import { m } from "@/paraglide/messages.js";
import { compareLink, runLink } from "./links";
import { QueuePlace } from "./QueuePlace";

/** One line below the bar that says in plain words what the run waits for, and what it will do. */
export function RunStrip({ run, offline }: { run: RunView; offline: boolean }) {
  return (
    <>
      {offline && (
        <Strip icon={WifiOff} look="warn" testId="run-offline">
          {m.run_offline()}
        </Strip>
      )}
      <StandingStrip run={run} />
      {run.derived_from && (
        <Strip icon={History} testId="run-derived">
          <span>
            {m.run_derived({ step: stepLabel(run.derived_from.from) })}{" "}
            <a className="link" href={runLink(run.derived_from.run_id)} data-testid="derived-link">
              {m.open_earlier_run()}
            </a>{" "}
            <a
              className="link"
              href={compareLink(run.derived_from.run_id, run.run_id)}
              data-testid="derived-compare"
            >
              {m.compare_with_it()}
            </a>
          </span>
        </Strip>
      )}
    </>
  );
}

function StandingStrip({ run }: { run: RunView }) {
  if (isEnded(run.status)) return null;
  if (run.cancel_requested)
    return (
      <Strip icon={Square} testId="run-cancelling">
        {m.run_cancelling()}
      </Strip>
    );
  if (run.pause_requested)
    return (
      <Strip icon={CirclePause} testId="run-pausing">
        {m.run_pausing()}
      </Strip>
    );
  if (run.status === "RUNNING") return null;
  if (run.interrupted)
    return (
      <Strip icon={Unplug} look="warn" testId="run-interrupted">
        {m.interrupted_explained()} {m.resume_hint()}
      </Strip>
    );
  if (run.paused)
    return (
      <Strip icon={CirclePause} look="warn" testId="run-paused">
        {m.paused_explained()} {m.resume_hint()}
      </Strip>
    );
  return (
    <Strip icon={Clock3} testId="run-queued">
      <QueuePlace run={run} />
    </Strip>
  );
}

interface StripProps {
  icon: LucideIcon;
  look?: "quiet" | "warn";
  testId: string;
  children: ReactNode;
}

function Strip({ icon: Icon, look = "quiet", testId, children }: StripProps) {
  return (
    <div className={classes("run-strip", `run-strip-${look}`)} role="status" data-testid={testId}>
      <Icon aria-hidden size={15} />
      <div className="strip-text">{children}</div>
    </div>
  );
}

const stepLabel = (name: string) => (name === "assembler" ? "Assembler" : name);
