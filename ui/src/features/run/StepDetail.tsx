import { Group, Panel, Separator } from "react-resizable-panels";
import type { StepPhase, StepState } from "@/api/runView";
import type { RunView, StepView } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { Files } from "./Files";
import { StepPane } from "./StepPane";

export interface StepDetailProps {
  step: StepView;
  state: StepState;
  /** What the step is doing now, while it runs. */
  phase: StepPhase | undefined;
  /** The run that the step belongs to. */
  run: RunView;
  onOpenRun: (runId: string) => void;
}

/** A step's text beside the files that were found in it. */
export function StepDetail(props: StepDetailProps) {
  const { step, state } = props;
  return (
    <Group className="panes" orientation="horizontal" id="step">
      <Panel id="output" minSize="30%" defaultSize="52%">
        <StepPane {...props} />
      </Panel>
      <Separator className="pane-separator" aria-label={m.resize_panes()} />
      <Panel id="files" minSize="26%" defaultSize="48%">
        <Files
          title={m.step_files({ name: step.step_name })}
          artifacts={step.artifacts}
          waiting={state === "RUNNING" || state === "PENDING"}
          none={state === "INTERRUPTED" ? m.files_interrupted() : undefined}
        />
      </Panel>
    </Group>
  );
}
