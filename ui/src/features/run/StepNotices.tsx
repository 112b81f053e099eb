import { History, PencilLine, TriangleAlert, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import type { StepState } from "@/api/runView";
import type { StepView } from "@/api/types";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { useRunScope } from "./context";
import { FailureCard } from "./FailureCard";
import { GatePanel } from "./GatePanel";
import { runLink } from "./links";
import { warningPhrase } from "./promptWarnings";
import { ReportNotices } from "./ReportNotices";

interface StepNoticesProps {
  step: StepView;
  state: StepState;
  /** The button that runs the step again. */
  rerun: ReactNode;
  /** Shows what the model wrote, where the user's text stands in its place. */
  onOriginal: (() => void) | undefined;
}

/** What the reader of a step should know before the text itself. */
export function StepNotices({ step, state, rerun, onOriginal }: StepNoticesProps) {
  const { onEdit } = useRunScope();
  return (
    <>
      {step.original_result != null && (
        <p className="notice notice-edited" data-testid="step-edited">
          <PencilLine aria-hidden size={14} />
          <span>
            {m.output_was_edited()}{" "}
            {onOriginal && (
              <button type="button" className="link" onClick={onOriginal} data-testid="show-original">
                {m.output_show_original()}
              </button>
            )}
          </span>
        </p>
      )}
      {step.reused_from && (
        <p className="notice notice-quiet" data-testid="step-reused">
          <History aria-hidden size={14} />
          <span>
            {m.step_reused()}{" "}
            <a className="link" href={runLink(step.reused_from)}>
              {m.open_earlier_run()}
            </a>
          </span>
        </p>
      )}
      {state === "INTERRUPTED" && (
        <p className="notice notice-warn" role="status" data-testid="step-interrupted">
          <Unplug aria-hidden size={14} />
          <span>
            <strong>{m.status_interrupted()}.</strong> {m.step_interrupted()}
          </span>
        </p>
      )}
      {step.status === "FAILED" && (
        <FailureCard step={step} onEdit={onEdit}>
          {rerun}
        </FailureCard>
      )}
      {step.warnings.map((warning) => (
        <p key={warning} className="notice notice-warn" data-testid="step-warning">
          <TriangleAlert aria-hidden size={14} />
          <span>
            <SaidText said={said(warningPhrase(warning), warning)} />
          </span>
        </p>
      ))}
      <ReportNotices step={step} />
      <GatePanel step={step} state={state} />
    </>
  );
}
