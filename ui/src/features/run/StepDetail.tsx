import { useMemo, useState } from "react";
import { Group, Panel, Separator } from "react-resizable-panels";
import type { Marks } from "@/api/pace";
import type { StepPhase, StepState } from "@/api/runView";
import type { StepView } from "@/api/types";
import { useNarrow } from "@/components/useNarrow";
import { m } from "@/paraglide/messages.js";
import { Files } from "./Files";
import { foundFiles } from "./foundFiles";
import { StepPane } from "./StepPane";

export interface StepDetailProps {
  step: StepView;
  state: StepState;
  /** What the step is doing now, while it runs. */
  phase: StepPhase | undefined;
  marks: Marks | undefined;
}

/** A step's text beside the files that were found in it, or are being found while it is written or edited. */
export function StepDetail(props: StepDetailProps) {
  const { step, state } = props;
  const [draft, setDraft] = useState<string | null>(null);
  const narrow = useNarrow(820);
  const unfinished = draft ?? (state === "SUCCESS" ? null : step.result);
  const found = useMemo(
    () => (unfinished === null ? undefined : foundFiles(step.step_name, unfinished)),
    [step.step_name, unfinished],
  );
  const ended = step.artifacts.length > 0 && draft === null;
  return (
    <Group className="panes" orientation={narrow ? "vertical" : "horizontal"} id="step">
      <Panel id="output" minSize="30%" defaultSize="54%">
        <StepPane {...props} draft={draft} onDraft={setDraft} />
      </Panel>
      <Separator className="pane-separator" aria-label={m.resize_panes()} />
      <Panel id="files" minSize="24%" defaultSize="46%">
        <Files
          title={draft === null ? m.step_files({ name: step.step_name }) : m.step_files_draft()}
          artifacts={ended ? step.artifacts : (found ?? step.artifacts)}
          target={{ of: "step", position: step.position }}
          editable={state === "SUCCESS" && draft === null}
          edited={step.artifacts_edited === true}
          waiting={state === "RUNNING" || state === "PENDING"}
          none={state === "INTERRUPTED" ? m.files_interrupted() : undefined}
        />
      </Panel>
    </Group>
  );
}
