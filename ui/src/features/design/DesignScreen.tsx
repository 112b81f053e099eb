import { Group, Panel, Separator } from "react-resizable-panels";
import type { Pipeline } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "./draft";
import { Flow } from "./Flow";
import { Gallery } from "./Gallery";
import { Inspector } from "./Inspector";
import { TopBar } from "./TopBar";
import { useProblems } from "./useProblems";

/** Choosing and editing a pipeline; `onStarted` gets the id of a run that was started from here. */
export function DesignScreen({ onStarted }: { onStarted: (runId: string) => void }) {
  const pipeline = useDraft((draft) => draft.pipeline);
  const choosing = useDraft((draft) => draft.choosing);
  return pipeline && !choosing ? <Editor pipeline={pipeline} onStarted={onStarted} /> : <Gallery />;
}

function Editor({ pipeline, onStarted }: { pipeline: Pipeline; onStarted: (runId: string) => void }) {
  const problems = useProblems(pipeline);
  return (
    <div className="screen">
      <TopBar pipeline={pipeline} problems={problems} onStarted={onStarted} />
      <Group className="panes" orientation="horizontal" id="design">
        <Panel id="flow" minSize="34%" defaultSize="54%">
          <Flow pipeline={pipeline} diagnostics={problems.diagnostics} />
        </Panel>
        <Separator className="pane-separator" aria-label={m.resize_panes()} />
        <Panel id="inspector" minSize="32%" defaultSize="46%">
          <Inspector pipeline={pipeline} diagnostics={problems.diagnostics} />
        </Panel>
      </Group>
    </div>
  );
}
