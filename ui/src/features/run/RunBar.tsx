import {
  ClipboardPaste,
  Ellipsis,
  FileSearch,
  FolderDown,
  GitCompareArrows,
  History,
  Pause,
  PencilRuler,
  Play,
  RotateCcw,
  Square,
} from "lucide-react";
import { workedSeconds } from "@/api/runTime";
import { allSteps, isAtRest, isEnded } from "@/api/runView";
import type { RunView } from "@/api/types";
import { ActionMenu } from "@/components/ActionMenu";
import { Button, IconButton } from "@/components/Button";
import { formatSeconds, formatStamp } from "@/components/format";
import { usePasting } from "@/components/pasting";
import { useProjectNames } from "@/components/projectName";
import { SentOutBadge } from "@/components/RemoteBadge";
import { SimulatedBadge, StandInRunBadge } from "@/components/RoleChip";
import { StatusBadge } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";
import { useNow } from "./useNow";
import type { RereadFiles } from "./useRereadFiles";
import type { RunAgain } from "./useRunAgain";
import type { Steering } from "./useSteering";

interface RunBarProps {
  run: RunView;
  steering: Steering;
  again: RunAgain;
  reread: RereadFiles | undefined;
  /** Opens the run's pipeline for editing. */
  onEdit: () => void;
  /** Opens the dialog that runs again what has changed. */
  onRerun: () => void;
  onCompare: () => void;
  onExport: () => void;
}

/** Name, state and what can be done with the run. */
export function RunBar({ run, steering, again, reread, onEdit, onRerun, onCompare, onExport }: RunBarProps) {
  const project = useProjectNames()(run.project_id);
  const nothing = run.final_artifacts.length === 0;
  return (
    <header className="top-bar run-bar">
      <div className="run-heading">
        <h1 className="screen-title" title={run.name}>
          {run.name}
        </h1>
        <span className="run-meta">
          <StatusBadge run={run} testId="run-status" />
          {run.simulated ? <SimulatedBadge /> : <StandInRunBadge steps={allSteps(run)} />}
          <SentOutBadge hosts={run.remote_hosts} />
          <RunClock run={run} />
          {project && (
            <span className="run-project" title={project} data-testid="run-project">
              {project}
            </span>
          )}
        </span>
      </div>
      <div className="run-actions">
        <Levers run={run} steering={steering} />
        <IconButton
          icon={GitCompareArrows}
          label={m.compare_open()}
          keys="C"
          onClick={onCompare}
          data-testid="compare-button"
        />
        {reread && (
          <ActionMenu
            label={m.run_actions()}
            icon={Ellipsis}
            testId="run-menu"
            actions={[
              {
                id: "reread",
                label: m.reread(),
                icon: FileSearch,
                disabled: reread.busy,
                run: reread.run,
              },
              {
                id: "paste",
                label: m.paste_output(),
                icon: ClipboardPaste,
                run: () =>
                  usePasting
                    .getState()
                    .open(run.final_artifacts.map(({ name, content }) => ({ name, content }))),
              },
            ]}
          />
        )}
        {isAtRest(run) && (
          <>
            <Button icon={PencilRuler} onClick={onEdit} data-testid="edit-button">
              {m.run_edit()}
            </Button>
            <Button
              icon={History}
              onClick={onRerun}
              title={m.rerun_changed_hint()}
              data-testid="rerun-button"
            >
              {m.rerun_changed()}
            </Button>
            <Button
              icon={RotateCcw}
              busy={again.isPending}
              onClick={() => again.run()}
              data-testid="again-button"
            >
              {m.run_again()}
            </Button>
          </>
        )}
        {(isEnded(run.status) || !nothing) && (
          <Button
            look={run.status === "SUCCESS" ? "primary" : "default"}
            icon={FolderDown}
            disabled={nothing}
            title={nothing ? m.export_nothing() : undefined}
            onClick={onExport}
            data-testid="export-button"
          >
            {m.export_open()}
          </Button>
        )}
      </div>
    </header>
  );
}

/** Pause, resume and cancel, each while it means something. */
function Levers({ run, steering: { pause, resume, cancel } }: { run: RunView; steering: Steering }) {
  return (
    <>
      {pause && (
        <Button
          icon={Pause}
          busy={pause.busy}
          disabled={pause.disabled}
          onClick={pause.run}
          data-testid="pause-button"
        >
          {run.status === "RUNNING" ? m.pause_after_step() : m.pause()}
        </Button>
      )}
      {cancel && (
        <Button
          look="danger"
          icon={Square}
          busy={cancel.busy}
          onClick={cancel.run}
          data-testid="cancel-button"
        >
          {m.cancel()}
        </Button>
      )}
      {resume && (
        <Button
          look="primary"
          icon={Play}
          busy={resume.busy}
          onClick={resume.run}
          data-testid="resume-button"
        >
          {m.resume()}
        </Button>
      )}
    </>
  );
}

/** When the run started and how long it took, or takes so far. */
function RunClock({ run }: { run: RunView }) {
  const running = run.status === "RUNNING";
  const now = useNow(running);
  const stamp = formatStamp(run.started_at ?? run.created_at);
  // A run that stands still has no end yet, so what its finished steps took is all that is known.
  const worked = running || run.finished_at ? workedSeconds(run, now) : null;
  const seconds = worked ?? run.total_execution_time;
  return (
    <span className="run-clock">
      {seconds > 0 || running ? `${stamp} · ${formatSeconds(Math.max(0, seconds))}` : stamp}
    </span>
  );
}
