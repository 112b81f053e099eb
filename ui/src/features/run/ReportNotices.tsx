import { FilePen, ListPlus, Scissors, TriangleAlert } from "lucide-react";
import type { StepView } from "@/api/types";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { patchText } from "./stepSentences";

/** What is to be known of a step's output besides its text: where it was cut, and what became of its edits of earlier files. */
export function ReportNotices({ step }: { step: StepView }) {
  const { unclosed = false, continuations = 0, patches = [] } = step.report;
  const refused = patches.filter((patch) => patch.outcome === "refused");
  return (
    <>
      {unclosed && (
        <p className="notice notice-warn" data-testid="step-unclosed">
          <Scissors aria-hidden size={14} />
          <span>{m.unclosed()}</span>
        </p>
      )}
      {!unclosed && step.finish_reason === "length" && (
        <p className="notice notice-warn">
          <TriangleAlert aria-hidden size={14} /> {m.finished_by_length()}
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
            <ul className="notice-list">
              {patches.map((patch) => (
                <li key={`${patch.start} ${patch.end}`}>
                  <VisibleText text={patchText(patch)} />
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </>
  );
}
