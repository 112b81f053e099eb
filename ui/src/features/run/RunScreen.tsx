import { useCallback, useState } from "react";
import { Group, Panel, Separator } from "react-resizable-panels";
import { useLiveRun } from "@/api/liveRun";
import { type LiveRun, stepAt, stepState } from "@/api/runView";
import type { Pipeline, RunView } from "@/api/types";
import { ErrorPanel, Skeleton } from "@/components/States";
import { useNarrow } from "@/components/useNarrow";
import { m } from "@/paraglide/messages.js";
import { ChooseRun } from "./ChooseRun";
import { RunContext } from "./context";
import { FinalPane } from "./FinalPane";
import { compareLink, open } from "./links";
import { RerunDialog } from "./RerunDialog";
import { RunBar } from "./RunBar";
import { RunStrip } from "./RunStrip";
import { StepDetail } from "./StepDetail";
import { Timeline } from "./Timeline";
import { useRereadFiles } from "./useRereadFiles";
import { useRunAgain } from "./useRunAgain";
import { useRunCommands } from "./useRunCommands";
import { useSelection } from "./useSelection";
import { useSteering } from "./useSteering";

interface RunActions {
  /** Opens the run's pipeline for editing. */
  onEdit: (pipeline: Pipeline) => void;
  /** Opens another run, such as the one that runs this one again. */
  onOpenRun: (runId: string) => void;
  onExport: (runId: string) => void;
}

/** One run, live or past. */
export function RunScreen({ runId, ...actions }: RunActions & { runId: string }) {
  const { live, error, offline, retry, show } = useLiveRun(runId);
  if (live)
    return <RunPanes live={live} offline={offline || error !== undefined} onChanged={show} {...actions} />;
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

interface RunPanesProps extends RunActions {
  live: LiveRun;
  offline?: boolean;
  /** A newer view of the run, as the answer to an edit of it. */
  onChanged?: (run: RunView) => void;
}

const ignore = () => {};

export function RunPanes({ live, offline = false, onChanged = ignore, ...actions }: RunPanesProps) {
  const { run } = live;
  const { onOpenRun, onExport } = actions;
  const selection = useSelection(run);
  const { selected, pick } = selection;
  const steering = useSteering(run);
  const again = useRunAgain(run.run_id, onOpenRun);
  const reread = useRereadFiles(run, onChanged);
  const [dialog, setDialog] = useState<"rerun" | "compare" | null>(null);
  const closeDialog = useCallback(() => setDialog(null), []);
  const narrow = useNarrow(760);
  const step = selected === "final" ? undefined : stepAt(run, selected);
  const doing = {
    steering,
    again,
    reread,
    onEdit: () => actions.onEdit(run.pipeline),
    onRerun: () => setDialog("rerun"),
    onCompare: () => setDialog("compare"),
    onExport: () => onExport(run.run_id),
  };
  useRunCommands(run, { ...doing, selection });
  const scope = {
    run,
    onOpenRun,
    onChanged,
    onEdit: doing.onEdit,
    onRerun: again.run,
    rerunning: again.isPending,
  };
  return (
    <RunContext.Provider value={scope}>
      <div className="screen run-screen">
        <RunBar run={run} {...doing} />
        <RunStrip run={run} offline={offline} />
        <Group className="panes" orientation={narrow ? "vertical" : "horizontal"} id="run">
          <Panel id="timeline" minSize={narrow ? "20%" : "18%"} defaultSize={narrow ? "30%" : "25%"}>
            <Timeline live={live} selected={selected} onSelect={pick} />
          </Panel>
          <Separator className="pane-separator" aria-label={m.resize_panes()} />
          <Panel id="detail" minSize={narrow ? "40%" : "50%"} defaultSize={narrow ? "70%" : "75%"}>
            {step ? (
              <StepDetail
                key={step.position}
                step={step}
                state={stepState(run, step)}
                phase={live.phases[step.position]}
                marks={live.marks[step.position]}
              />
            ) : (
              <FinalPane run={run} />
            )}
          </Panel>
        </Group>
      </div>
      {dialog === "rerun" && <RerunDialog run={run} onClose={closeDialog} onOpenRun={onOpenRun} />}
      {dialog === "compare" && (
        <ChooseRun
          run={run}
          onClose={closeDialog}
          onChoose={(other) => {
            closeDialog();
            open(compareLink(other, run.run_id));
          }}
        />
      )}
    </RunContext.Provider>
  );
}
