import { Popover } from "@base-ui/react/popover";
import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { Diagnostic } from "@/api/types";
import { classes } from "@/components/classes";
import { SaidText } from "@/components/said/SaidText";
import { saidApart } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "./draft";
import { cardOf } from "./problems";
import type { Problems } from "./useProblems";

/** How many faults the draft has; opens their list, in which each leads to its card. */
export function ProblemsButton({ problems }: { problems: Problems }) {
  const [open, setOpen] = useState(false);
  const { keys, select } = useDraft();
  const { diagnostics, errors } = problems;
  const look = errors > 0 ? "problems-error" : diagnostics.length > 0 ? "problems-warning" : "problems-none";
  if (problems.unknown) return <span className="problems problems-unknown">{m.problems_unknown()}</span>;
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        className={classes("problems", look)}
        data-testid="problems-button"
        aria-busy={problems.checking}
      >
        <ProblemIcon errors={errors} warnings={problems.warnings} />
        {diagnostics.length === 0 ? m.problems_none() : m.problems_count({ count: diagnostics.length })}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="popup-positioner" sideOffset={6} align="end">
          <Popover.Popup className="popup problems-list" aria-label={m.problems()}>
            {diagnostics.length === 0 && <p className="problems-empty">{m.problems_none_text()}</p>}
            {diagnostics.map((diagnostic) => (
              <button
                type="button"
                key={`${diagnostic.code} ${diagnostic.path}`}
                className="problem"
                onClick={() => {
                  select(cardOf(diagnostic.path, keys));
                  setOpen(false);
                }}
              >
                <DiagnosticText diagnostic={diagnostic} />
              </button>
            ))}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function ProblemIcon({ errors, warnings }: { errors: number; warnings: number }) {
  const Icon = errors > 0 ? CircleX : warnings > 0 ? TriangleAlert : CircleCheck;
  return <Icon aria-hidden size={15} />;
}

/** One fault with its cause, place and remedy. */
export function DiagnosticText({ diagnostic }: { diagnostic: Diagnostic }) {
  const error = diagnostic.severity === "error";
  const Icon = error ? CircleX : TriangleAlert;
  const { message, remedy } = saidApart(diagnostic.phrase, diagnostic);
  return (
    <span className={classes("diagnostic", error ? "diagnostic-error" : "diagnostic-warning")}>
      <Icon role="img" aria-label={error ? m.severity_error() : m.severity_warning()} size={15} />
      <span>
        <strong>
          <SaidText said={message} />
        </strong>
        <span>
          <SaidText said={remedy} />
        </span>
        <code>{diagnostic.path.replace(/^\$\.?/, "") || "pipeline"}</code>
      </span>
    </span>
  );
}
