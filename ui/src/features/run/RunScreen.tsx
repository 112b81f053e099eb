import { Group, Panel, Separator } from "react-resizable-panels";
import { useLiveRun } from "@/api/liveRun";
import { type LiveRun, stepAt, stepState } from "@/api/runView";
import type { Pipeline } from "@/api/types";
import { ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { FinalPane } from "./FinalPane";
import { RunBar } from "./RunBar";
import { RunStrip } from "./RunStrip";
import { StepDetail } from "./StepDetail";
import { Timeline } from "./Timeline";
import { useSelection } from "./useSelection";

interface RunActions {
  /** Opens the run's pipeline for editing. */
  onEdit: (pipeline: Pipeline) => void;
  /** Opens another run, such as the one that runs this one again. */
  onOpenRun: (runId: string) => void;
  onExport: (runId: string) => void;
}

/** One run, live or past. */
export function RunScreen({ runId, ...actions }: RunActions & { runId: string }) {
  const { live, error, offline, retry } = useLiveRun(runId);
  if (live) return <RunPanes live={live} offline={offline || error !== undefined} {...actions} />;
  return (
    <div className="screen">
      <div className="screen-pad">
        <h1 className="sr-only">{m.nav_runs()}</h1>
        {error ? (
          <ErrorPanel title={m.run_load_failed()} error={error} onRetry={retry} />
        ) : (
          <Skeleton rows={6} tall />
        )}
      </div>
    </div>
  );
}

export function RunPanes({
  live,
  offline = false,
  ...actions
}: RunActions & { live: LiveRun; offline?: boolean }) {
  const { run } = live;
  const { selected, pick } = useSelection(run);
  const step = selected === "final" ? undefined : stepAt(run, selected);
  return (
    <div className="screen">
      <RunBar live={live} {...actions} />
      <RunStrip run={run} offline={offline} />
      <Group className="panes" orientation="horizontal" id="run">
        <Panel id="timeline" minSize="18%" defaultSize="25%">
          <Timeline live={live} selected={selected} onSelect={pick} />
        </Panel>
        <Separator className="pane-separator" aria-label={m.resize_panes()} />
        <Panel id="detail" minSize="50%" defaultSize="75%">
          {step ? (
            <StepDetail
              key={step.position}
              step={step}
              state={stepState(run, step)}
              phase={live.phases[step.position]}
              run={run}
              onOpenRun={actions.onOpenRun}
            />
          ) : (
            <FinalPane run={run} />
          )}
        </Panel>
      </Group>
    </div>
  );
}
