import { LayoutGrid, Play } from "lucide-react";
import { useEffect } from "react";
import { toast } from "sonner";
import { ApiError } from "@/api/client";
import { useExecute } from "@/api/queries";
import type { Pipeline } from "@/api/types";
import { Button } from "@/components/Button";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "./draft";
import { ProblemsButton } from "./ProblemsButton";
import type { Problems } from "./useProblems";

const MAC = typeof navigator !== "undefined" && /Mac/.test(navigator.userAgent);

interface TopBarProps {
  pipeline: Pipeline;
  problems: Problems;
  onStarted: (runId: string) => void;
}

export function TopBar({ pipeline, problems, onStarted }: TopBarProps) {
  const { rename, choose } = useDraft();
  const execute = useExecute();
  const runnable = pipeline.steps.length > 0 && problems.errors === 0;

  function run() {
    if (execute.isPending) return;
    if (pipeline.steps.length === 0) return void toast.error(m.run_needs_steps());
    if (problems.errors > 0) return void toast.error(m.run_has_problems({ count: problems.errors }));
    execute.mutate(pipeline, {
      onSuccess: (started) => onStarted(started.run_id),
      onError: (error) => toast.error(m.run_refused(), { description: refusal(error) }),
    });
  }

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });

  return (
    <header className="top-bar">
      <h1 className="sr-only">{pipeline.name || m.untitled_pipeline()}</h1>
      <input
        className="title-input"
        size={Math.max(12, pipeline.name.length)}
        value={pipeline.name}
        aria-label={m.pipeline_name()}
        data-testid="pipeline-name"
        onChange={(event) => rename(event.target.value)}
      />
      <span className="saved-state">{m.draft_saved()}</span>
      <span className="spacer" />
      <ProblemsButton problems={problems} />
      <Button icon={LayoutGrid} onClick={() => choose(true)} data-testid="open-gallery">
        {m.templates()}
      </Button>
      <Button
        look="primary"
        icon={Play}
        keys={MAC ? "⌘ ↵" : "Ctrl ↵"}
        busy={execute.isPending}
        aria-disabled={!runnable || undefined}
        data-testid="run-button"
        onClick={run}
      >
        {m.run()}
      </Button>
    </header>
  );
}

function refusal(error: unknown): string {
  const first = error instanceof ApiError ? error.problem.diagnostics?.[0] : undefined;
  return first ? `${first.message} ${first.remedy}` : errorText(error);
}
