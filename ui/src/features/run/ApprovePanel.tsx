import { Check, PencilLine } from "lucide-react";
import { toast } from "sonner";
import { useResumeRun } from "@/api/runActions";
import type { StepView } from "@/api/types";
import { Button } from "@/components/Button";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { useRunScope } from "./context";
import { asksForApproval } from "./held";
import { shownName } from "./rerunReasons";

/** The run waits after this step: its output can be taken as it is, or edited first. */
export function ApprovePanel({ step, onEdit }: { step: StepView; onEdit: () => void }) {
  const { run } = useRunScope();
  const resume = useResumeRun();
  const name = shownName(step.step_name);
  return (
    <div className="approve" role="status" data-testid="approve-panel">
      <div>
        <strong>{asksForApproval(run, step) ? m.approve_title({ name }) : m.approve_paused({ name })}</strong>
        <p>{m.approve_text({ count: step.artifacts.length })}</p>
      </div>
      <div className="approve-actions">
        <Button small icon={PencilLine} onClick={onEdit} data-testid="approve-edit">
          {m.output_edit()}
        </Button>
        <Button
          small
          look="primary"
          icon={Check}
          busy={resume.isPending}
          data-testid="approve"
          onClick={() =>
            resume.mutate(run.run_id, {
              onError: (error) => void toast.error(m.resume_failed(), { description: errorText(error) }),
            })
          }
        >
          {m.approve()}
        </Button>
      </div>
    </div>
  );
}
