// What the token budget finds wrong, in the shape of the router's findings: a prompt that does not fit, a model that cannot be asked.
import type { PreviewView } from "@/api/design";
import type { Diagnostic, Pipeline } from "@/api/types";
import { formatCount } from "@/components/format";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { type StepBudget, sharesOf, stepBudget } from "./budget";

/** Codes of the findings that the budget's own panel explains at its place. */
export const IN_THE_BUDGET: ReadonlySet<string> = new Set(["does_not_fit", "model_problem"]);

/** One finding a step that does not fit, and one a model that cannot be asked, however many steps it serves. */
export function budgetProblems(answer: PreviewView | null, pipeline: Pipeline): Diagnostic[] {
  const told = new Set<string>();
  return Array.from({ length: pipeline.steps.length + 1 }, (_, at) => at).flatMap((at) => {
    const budget = stepBudget(answer, pipeline, at);
    if (!budget) return [];
    const path = at < pipeline.steps.length ? `$.steps[${at}].prompt` : "$.assembler";
    const problem = budget.view.problem;
    if (problem && !told.has(problem.message)) {
      told.add(problem.message);
      const cause = said(problem.phrase, problem.message);
      return [
        {
          code: "model_problem",
          severity: "error" as const,
          path,
          message: cause.text,
          remedy: problem.remedy ?? m.insp_choose_model(),
          ...(!cause.lang && { own: true as const }),
        },
      ];
    }
    return budget.fits === false ? [tooLong(budget, path)] : [];
  });
}

/** An error when it cannot fit whatever the earlier steps write, else a warning: they may write less than they could. */
function tooLong(budget: StepBudget, path: string): Diagnostic {
  const over = -(sharesOf(budget).free ?? 0);
  // What outputs may add that do not exist yet is all that may turn out smaller.
  const never = over - budget.unknown > 0 || budget.max > (budget.outputLimit ?? budget.max);
  return {
    code: "does_not_fit",
    severity: never ? "error" : "warning",
    path,
    message: m.budget_too_long({ over: formatCount(over) }),
    remedy: m.budget_remedy(),
    own: true,
  };
}
