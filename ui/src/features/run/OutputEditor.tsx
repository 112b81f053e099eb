import { Check } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useResumeRun } from "@/api/runActions";
import type { StepView } from "@/api/types";
import { useEditOutput } from "@/api/watch";
import { Button } from "@/components/Button";
import { TextEditor } from "@/components/editors";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { useRunScope } from "./context";

interface OutputEditorProps {
  step: StepView;
  draft: string;
  /** Saving also lets the run go on. */
  approves: boolean;
  onDraft: (text: string | null) => void;
}

/** The output as a text that the user changes. The files beside it are those of the text as it stands. */
export function OutputEditor({ step, draft, approves, onDraft }: OutputEditorProps) {
  const { run, onChanged } = useRunScope();
  const [start] = useState(step.result);
  const save = useEditOutput();
  const resume = useResumeRun();
  const changed = draft !== start;

  async function finish(goOn: boolean) {
    try {
      if (changed)
        onChanged(await save.mutateAsync({ runId: run.run_id, stepName: step.step_name, result: draft }));
      if (goOn) await resume.mutateAsync(run.run_id);
      onDraft(null);
    } catch (error) {
      toast.error(m.output_edit_failed(), { description: errorText(error) });
    }
  }
  const busy = save.isPending || resume.isPending;
  return (
    <div className="output-editor" data-testid="output-editor">
      <TextEditor start={start} onChange={onDraft} label={m.output_editor({ name: step.step_name })} />
      <footer className="editor-foot">
        <span className="hint">{changed ? m.output_changed() : m.output_unchanged()}</span>
        <span className="spacer" />
        <Button small disabled={busy} onClick={() => onDraft(null)} data-testid="output-discard">
          {m.discard_changes()}
        </Button>
        <Button
          small
          look={approves ? "default" : "primary"}
          busy={busy}
          disabled={!changed}
          onClick={() => finish(false)}
          data-testid="output-save"
        >
          {m.output_save()}
        </Button>
        {approves && (
          <Button
            small
            look="primary"
            icon={Check}
            busy={busy}
            onClick={() => finish(true)}
            data-testid="output-approve"
          >
            {changed ? m.approve_edited() : m.approve()}
          </Button>
        )}
      </footer>
    </div>
  );
}
