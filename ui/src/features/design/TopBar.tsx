import { LayoutGrid, Play, Redo2, Undo2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { ApiError } from "@/api/client";
import type { Pipeline } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { shownKeys, useCommands } from "@/components/commands";
import { errorText } from "@/components/States";
import { findingText } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { PlanButton } from "./canvas/PlanButton";
import { editText } from "./canvas/said";
import { useView } from "./canvas/view";
import { useDocument } from "./document";
import { DocumentMenu } from "./documents/DocumentMenu";
import { SavedState } from "./documents/SavedState";
import { useDraft } from "./draft";
import { ProblemsButton } from "./ProblemsButton";
import type { Problems } from "./useProblems";

interface TopBarProps {
  pipeline: Pipeline;
  problems: Problems;
  onStarted: (runId: string) => void;
}

export function TopBar({ pipeline, problems, onStarted }: TopBarProps) {
  const { rename, choose } = useDraft.getState();
  const { run, busy } = useRun(pipeline, problems, onStarted);
  const runnable = pipeline.steps.length > 0 && problems.errors === 0;
  return (
    <header className="top-bar design-bar">
      <h1 className="sr-only">{pipeline.name || m.untitled_pipeline()}</h1>
      <input
        className="title-input"
        size={Math.max(12, pipeline.name.length)}
        value={pipeline.name}
        aria-label={m.pipeline_name()}
        data-testid="pipeline-name"
        onChange={(event) => rename(event.target.value)}
      />
      <SavedState />
      <DocumentMenu />
      <span className="spacer" />
      <HistoryButtons />
      <PlanButton pipeline={pipeline} />
      <ProblemsButton problems={problems} />
      <Button
        className="bar-wide"
        icon={LayoutGrid}
        title={m.templates()}
        onClick={() => choose(true)}
        data-testid="open-gallery"
      >
        {m.templates()}
      </Button>
      <Button
        look="primary"
        icon={Play}
        keys={shownKeys("mod+enter")}
        busy={busy}
        aria-disabled={!runnable || undefined}
        data-testid="run-button"
        onClick={() => run(false)}
      >
        {m.run()}
      </Button>
    </header>
  );
}

function HistoryButtons() {
  const last = useDraft((draft) => draft.past.at(-1));
  const next = useDraft((draft) => draft.future[0]);
  const { undo, redo } = useDraft.getState();
  // Without anything to undo the button stays where it is and takes the focus, so that a press too many loses no place.
  return (
    <span className="history-buttons">
      <IconButton
        icon={Undo2}
        label={last ? m.undo_of({ edit: editText(last) }) : m.undo()}
        keys={shownKeys("mod+z")}
        aria-disabled={!last || undefined}
        data-testid="undo"
        onClick={undo}
      />
      <IconButton
        icon={Redo2}
        label={next ? m.redo_of({ edit: editText(next) }) : m.redo()}
        keys={shownKeys("mod+shift+z")}
        aria-disabled={!next || undefined}
        data-testid="redo"
        onClick={redo}
      />
    </span>
  );
}

/** Starts runs of the document: one that is watched on its own page, or here below the picture. */
function useRun(pipeline: Pipeline, problems: Problems, onStarted: (runId: string) => void) {
  const { execute } = useDocument();
  const [busy, setBusy] = useState(false);

  async function run(here: boolean) {
    if (busy) return;
    if (pipeline.steps.length === 0) return void toast.error(m.run_needs_steps());
    if (problems.errors > 0) return void toast.error(m.run_has_problems({ count: problems.errors }));
    setBusy(true);
    try {
      const started = await execute();
      if (here) useView.setState({ drawer: true });
      else onStarted(started.run_id);
    } catch (error) {
      toast.error(m.run_refused(), { description: refusal(error) });
    } finally {
      setBusy(false);
    }
  }

  useCommands([
    {
      id: "design.run",
      title: m.run_pipeline(),
      group: "run",
      keys: "mod+enter",
      run: () => void run(false),
    },
    {
      id: "design.run_here",
      title: m.run_here(),
      group: "run",
      keys: "mod+shift+enter",
      run: () => void run(true),
    },
  ]);
  return { run: (here: boolean) => void run(here), busy };
}

function refusal(error: unknown): string {
  const first = error instanceof ApiError ? error.problem.diagnostics?.[0] : undefined;
  return first ? findingText(first) : errorText(error);
}
