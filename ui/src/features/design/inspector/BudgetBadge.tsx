import { TriangleAlert } from "lucide-react";
import { classes } from "@/components/classes";
import { formatCount } from "@/components/format";
import { m } from "@/paraglide/messages.js";
import { type StepBudget, sharesOf, useStepBudget } from "../budget";

/** The budget of one step as a small bar with its numbers, for a node of the canvas. */
export function BudgetBadge({ position }: { position: number }) {
  const budget = useStepBudget(position);
  if (!budget || budget.known === null) return null;
  const { needed } = sharesOf(budget);
  const text =
    budget.contextLength === null
      ? m.budget_needs({ needed: formatCount(needed) })
      : m.budget_needs_of({ needed: formatCount(needed), window: formatCount(budget.contextLength) });
  return (
    <span
      className={classes("budget-badge", budget.fits === false && "budget-over")}
      role="img"
      aria-label={budget.fits === false ? `${text}. ${m.budget_over_short()}` : text}
      title={text}
      data-testid={`budget-${position}`}
    >
      <BudgetBar budget={budget} />
      <span className="budget-badge-text">
        {budget.fits === false && <TriangleAlert aria-hidden size={12} />}
        {budget.contextLength === null
          ? formatCount(needed)
          : `${formatCount(needed)} / ${formatCount(budget.contextLength)}`}
      </span>
    </span>
  );
}

/** The shares as one bar. What does not fit is drawn to scale beyond the mark of the window's end. */
export function BudgetBar({ budget }: { budget: StepBudget }) {
  const { tokens, needed } = sharesOf(budget);
  const whole = Math.max(needed, budget.contextLength ?? needed, 1);
  const end = budget.contextLength === null ? null : (budget.contextLength / whole) * 100;
  return (
    <span className="budget-bar" aria-hidden>
      {tokens.map(({ share, tokens: count }) => (
        <span
          key={share}
          className={`budget-share share-${share}`}
          style={{ width: `${(count / whole) * 100}%` }}
        />
      ))}
      {end !== null && end < 100 && <span className="budget-end" style={{ left: `${end}%` }} />}
    </span>
  );
}
