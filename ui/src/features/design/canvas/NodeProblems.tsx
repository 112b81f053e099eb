import { Popover } from "@base-ui/react/popover";
import { CircleX, TriangleAlert } from "lucide-react";
import type { Diagnostic } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { DiagnosticText } from "../ProblemsButton";
import { useView } from "./view";

const NONE: Diagnostic[] = [];

/** How many faults a node has; opens what they are and what to do. */
export function NodeProblems({ id, name }: { id: string; name: string }) {
  const problems = useView((view) => view.problems[id] ?? NONE);
  if (problems.length === 0) return null;
  const error = problems.some((problem) => problem.severity === "error");
  const Icon = error ? CircleX : TriangleAlert;
  return (
    <Popover.Root>
      <Popover.Trigger
        className={`node-problems nodrag nopan ${error ? "diagnostic-error" : "diagnostic-warning"}`}
        aria-label={m.problems_of({ count: problems.length, name })}
        data-testid={`problems-${id}`}
        onDoubleClick={(event) => event.stopPropagation()}
      >
        <Icon aria-hidden size={14} />
        <span aria-hidden>{problems.length}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="popup-positioner" sideOffset={6} align="end">
          <Popover.Popup className="popup problems-list" aria-label={m.problems()}>
            {problems.map((diagnostic) => (
              <div key={`${diagnostic.code} ${diagnostic.path}`} className="problem problem-still">
                <DiagnosticText diagnostic={diagnostic} />
              </div>
            ))}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
