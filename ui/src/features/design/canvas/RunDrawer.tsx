import { ChevronDown, ChevronUp, ExternalLink, WifiOff } from "lucide-react";
import { allSteps, runState } from "@/api/runView";
import type { RunView } from "@/api/types";
import { Button } from "@/components/Button";
import { formatPercent, formatRate, formatStamp } from "@/components/format";
import { RoleIcon } from "@/components/RoleChip";
import { StatusBadge, StatusIcon } from "@/components/StatusBadge";
import { SaidText } from "@/components/said/SaidText";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { FollowRun, type LiveStep, useLive } from "./live";
import { phaseFraction, statusLine } from "./StepStatus";
import { useView } from "./view";

/** The latest run of this document below its picture: one line when closed, one line a step when open. */
export function RunDrawer({ runId }: { runId: string }) {
  const { run, offline, steps } = useLive();
  const { drawer, toggle } = useView();
  return (
    <section className="drawer" aria-label={m.drawer()} data-testid="run-drawer">
      <FollowRun key={runId} runId={runId} />
      <div className="drawer-bar">
        <Button
          small
          look="ghost"
          icon={drawer ? ChevronDown : ChevronUp}
          aria-expanded={drawer}
          data-testid="drawer-toggle"
          onClick={() => toggle("drawer")}
        >
          {m.drawer()}
        </Button>
        {run && run.run_id === runId && <Standing run={run} steps={steps} />}
        {offline && <WifiOff role="img" aria-label={m.problems_unknown()} size={14} />}
        <span className="spacer" />
        <a
          className="button button-small button-ghost"
          href={`#/runs/${encodeURIComponent(runId)}`}
          data-testid="open-run"
        >
          <ExternalLink aria-hidden size={14} />
          <span>{m.open_run()}</span>
        </a>
      </div>
      {drawer && run && run.run_id === runId && <Steps run={run} steps={steps} />}
    </section>
  );
}

/** How the run stands and how far it is. */
function Standing({ run, steps }: { run: RunView; steps: Record<string, LiveStep> }) {
  const all = allSteps(run);
  const done = all.filter((step) => step.status === "SUCCESS").length;
  const running = Object.values(steps).find((step) => step.state === "RUNNING");
  return (
    <>
      <StatusBadge run={run} testId="drawer-status" />
      <span className="drawer-facts">
        {runState(run) === "RUNNING" && running
          ? statusLine(running)
          : m.steps_of({ done, total: all.length })}
      </span>
      <span className="drawer-facts drawer-stamp">{formatStamp(run.started_at ?? run.created_at)}</span>
    </>
  );
}

function Steps({ run, steps }: { run: RunView; steps: Record<string, LiveStep> }) {
  const { pipeline, keys, select } = useDraft();
  return (
    <ol className="drawer-steps">
      {allSteps(run).map((step) => {
        const last = step.position === run.assembler.position;
        const name = last ? "assembler" : step.step_name;
        const key = last
          ? "assembler"
          : keys[pipeline?.steps.findIndex((one) => one.step_name === name) ?? -1];
        const live = steps[name];
        const fraction = phaseFraction(live?.phase);
        return (
          <li key={name}>
            <button
              type="button"
              className="drawer-step"
              disabled={key === undefined}
              data-testid={`drawer-step-${step.position}`}
              data-status={live?.state}
              onClick={() => key && select(key)}
            >
              {live && <StatusIcon status={live.state} size={14} />}
              <RoleIcon role={step.model_type} size={12} />
              <span className="drawer-name">{last ? m.assembler_title() : step.step_name}</span>
              <span className="drawer-line">{live && statusLine(live)}</span>
              {fraction !== undefined && (
                <progress
                  className="drawer-progress"
                  max={1}
                  value={fraction}
                  aria-label={formatPercent(fraction)}
                />
              )}
              {live?.rate !== undefined && live.state === "SUCCESS" && (
                <span className="drawer-rate">{m.rate({ rate: formatRate(live.rate) })}</span>
              )}
              {live?.error && (
                <span className="drawer-error">
                  <SaidText said={live.error} />
                </span>
              )}
            </button>
          </li>
        );
      })}
    </ol>
  );
}
