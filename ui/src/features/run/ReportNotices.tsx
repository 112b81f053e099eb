import { FilePen, ListPlus, RotateCcw, Scissors, TriangleAlert } from "lucide-react";
import { canRerunFrom } from "@/api/runView";
import type { StepView } from "@/api/types";
import { Button } from "@/components/Button";
import { formatCount } from "@/components/format";
import { PatchList } from "@/components/PatchList";
import { m } from "@/paraglide/messages.js";
import { useRunScope } from "./context";
import { longer } from "./longer";

/** What is to be known of a step's output besides its text: where it was cut, and what became of its edits of earlier files. */
export function ReportNotices({ step }: { step: StepView }) {
  const { unclosed = false, continuations = 0, patches = [] } = step.report;
  const refused = patches.filter((patch) => patch.outcome === "refused");
  return (
    <>
      {unclosed && (
        <p className="notice notice-warn" data-testid="step-unclosed">
          <Scissors aria-hidden size={14} />
          <span>
            {m.unclosed()}
            <CutOff step={step} />
          </span>
        </p>
      )}
      {!unclosed && step.finish_reason === "length" && (
        <p className="notice notice-warn">
          <TriangleAlert aria-hidden size={14} />
          <span>
            {m.finished_by_length()}
            <CutOff step={step} />
          </span>
        </p>
      )}
      {continuations > 0 && (
        <p className="notice notice-quiet" data-testid="step-continued">
          <ListPlus aria-hidden size={14} />
          <span>{m.continued({ count: continuations })}</span>
        </p>
      )}
      {patches.length > 0 && (
        <div
          className={refused.length > 0 ? "notice notice-warn" : "notice notice-quiet"}
          data-testid="step-patches"
        >
          <FilePen aria-hidden size={14} />
          <div>
            <strong>{m.patches({ count: patches.length })}</strong>
            {refused.length > 0 && <> · {m.patches_refused({ count: refused.length })}</>}
            <PatchList patches={patches} />
          </div>
        </div>
      )}
    </>
  );
}

/** Of an answer that its longest length cut off: that nothing continued it, and the way to a longer one. */
function CutOff({ step }: { step: StepView }) {
  const { run, onRerun, rerunning } = useRunScope();
  if (step.finish_reason !== "length") return null;
  const more = canRerunFrom(run, step) ? longer(run, step) : undefined;
  return (
    <>
      {!step.report.continuations && <> {m.not_continued()}</>}
      {more && (
        <Button
          small
          className="notice-action"
          icon={RotateCcw}
          busy={rerunning}
          title={m.rerun_longer_hint()}
          onClick={() => onRerun(step.step_name, more.pipeline)}
          data-testid="rerun-longer"
        >
          {m.rerun_longer({ count: formatCount(more.tokens) })}
        </Button>
      )}
    </>
  );
}
