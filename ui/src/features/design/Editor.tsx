import { PanelRightOpen } from "lucide-react";
import { useEffect, useState } from "react";
import { Group, Panel, Separator, usePanelRef } from "react-resizable-panels";
import type { Diagnostic, Pipeline } from "@/api/types";
import { IconButton } from "@/components/Button";
import { shownKeys, useCommands } from "@/components/commands";
import { m } from "@/paraglide/messages.js";
import { Announcer } from "./canvas/Announcer";
import { RunDrawer } from "./canvas/RunDrawer";
import { useDesignCommands } from "./canvas/useDesignCommands";
import { useView } from "./canvas/view";
import { useDocument } from "./document";
import { useDraft } from "./draft";
import { Flow, useNarrow } from "./Flow";
import { Inspector } from "./Inspector";
import { cardOf } from "./problems";
import { TopBar } from "./TopBar";
import { useProblems } from "./useProblems";

/** Editing the open pipeline. */
export function Editor({ pipeline, onStarted }: { pipeline: Pipeline; onStarted: (runId: string) => void }) {
  const problems = useProblems(pipeline);
  const narrow = useNarrow();
  const { runId } = useDocument();
  const fold = useFold(narrow);
  usePlacedProblems(problems.diagnostics);
  useDesignCommands();
  const flow = (
    <div className="flow-column">
      <Flow
        pipeline={pipeline}
        tools={
          fold.folded && (
            <IconButton
              icon={PanelRightOpen}
              label={m.insp_expand()}
              keys={shownKeys(FOLD_KEYS)}
              onClick={fold.toggle}
              data-testid="expand-inspector"
            />
          )
        }
      />
      {runId && <RunDrawer runId={runId} />}
    </div>
  );
  const inspector = (
    <Inspector
      pipeline={pipeline}
      diagnostics={problems.diagnostics}
      onCollapse={narrow ? undefined : fold.toggle}
    />
  );
  return (
    <div className="screen design">
      <TopBar pipeline={pipeline} problems={problems} onStarted={onStarted} />
      <Announcer />
      {narrow ? (
        <div className="design-stack">
          {flow}
          {inspector}
        </div>
      ) : (
        <Group className="panes" orientation="horizontal" id="design">
          <Panel id="flow" minSize="34%" defaultSize="58%">
            {flow}
          </Panel>
          <Separator className="pane-separator" aria-label={m.resize_panes()} />
          <Panel
            id="inspector"
            minSize="28%"
            defaultSize="42%"
            collapsible
            panelRef={fold.panel}
            onResize={({ asPercentage }) => fold.resized(asPercentage)}
          >
            {!fold.folded && inspector}
          </Panel>
        </Group>
      )}
    </div>
  );
}

const FOLD_KEYS = "mod+alt+b";

/** The inspector beside the canvas, folded away and brought back by a button, a key or the line between them. */
function useFold(narrow: boolean) {
  const panel = usePanelRef();
  const [folded, setFolded] = useState(false);
  const toggle = () => (panel.current?.isCollapsed() ? panel.current.expand() : panel.current?.collapse());
  useCommands([
    {
      id: "design.inspector",
      title: folded ? m.insp_expand() : m.insp_collapse(),
      group: "view",
      keys: FOLD_KEYS,
      disabled: narrow,
      run: toggle,
    },
  ]);
  return { panel, folded: folded && !narrow, toggle, resized: (percent: number) => setFolded(percent === 0) };
}

/** Gives each node its own faults; a node whose faults stayed the same keeps the same list. */
function usePlacedProblems(diagnostics: Diagnostic[]): void {
  const keys = useDraft((draft) => draft.keys);
  useEffect(() => {
    const placed: Record<string, Diagnostic[]> = {};
    for (const one of diagnostics) {
      const id = cardOf(one.path, keys);
      placed[id] = [...(placed[id] ?? []), one];
    }
    useView.setState(({ problems: old }) => ({
      problems: Object.fromEntries(
        Object.entries(placed).map(([id, list]) => [
          id,
          JSON.stringify(old[id]) === JSON.stringify(list) ? (old[id] ?? list) : list,
        ]),
      ),
    }));
  }, [diagnostics, keys]);
}
