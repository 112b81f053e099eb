import { TriangleAlert } from "lucide-react";
import { ApiError } from "@/api/client";
import { classes } from "@/components/classes";
import { formatCount } from "@/components/format";
import { errorText } from "@/components/States";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { roomFor, SHARES, type Share, type StepBudget, sharesOf, useBudgetState } from "../budget";
import { BudgetBar } from "./BudgetBadge";
import { useSections } from "./sections";

export const SHARE_NAMES: Record<Share, () => string> = {
  system: () => m.budget_system(),
  context: () => m.budget_context(),
  files: () => m.budget_files(),
  outputs: () => m.budget_outputs(),
  instruction: () => m.budget_instruction(),
  unknown: () => m.budget_unknown(),
  max: () => m.budget_max(),
};

/** Least tokens that are offered as a longest output; less is no help. */
const ROOM_MIN = 16;

interface BudgetPanelProps {
  budget: StepBudget | undefined;
  /** Sets the longest output, to make the prompt fit. */
  onMaxTokens: (tokens: number) => void;
  /** Whether the step can read less; the Assembler cannot. */
  readsLess: boolean;
}

/** How a step fills its model's window: a bar, its numbers, and what to do when it does not fit. */
export function BudgetPanel({ budget, onMaxTokens, readsLess }: BudgetPanelProps) {
  const counting = useBudgetState((state) => state.counting);
  if (!budget || budget.known === null) return <NoBudget budget={budget} />;
  const { tokens, needed, free } = sharesOf(budget);
  return (
    <div className="budget" data-testid="budget-panel" aria-busy={counting}>
      <p className={classes("budget-line", budget.fits === false && "budget-over")}>
        <strong>
          {budget.contextLength === null
            ? m.budget_needs({ needed: formatCount(needed) })
            : m.budget_needs_of({ needed: formatCount(needed), window: formatCount(budget.contextLength) })}
        </strong>
        {budget.contextLength !== null && (
          <span>
            {free !== null && free >= 0
              ? m.budget_free({ count: formatCount(free) })
              : m.budget_over({ count: formatCount(-(free ?? 0)) })}
          </span>
        )}
      </p>
      <BudgetBar budget={budget} />
      <ul className="budget-legend">
        {SHARES.flatMap((share) => tokens.filter((one) => one.share === share)).map(
          ({ share, tokens: count }) => (
            <li key={share}>
              <i className={`share-${share}`} aria-hidden />
              {SHARE_NAMES[share]()} <b>{formatCount(count)}</b>
            </li>
          ),
        )}
      </ul>
      {budget.fits === false && (
        <Remedy budget={budget} over={-(free ?? 0)} onMaxTokens={onMaxTokens} readsLess={readsLess} />
      )}
    </div>
  );
}

function Remedy({
  budget,
  over: tooMany,
  onMaxTokens,
  readsLess,
}: BudgetPanelProps & { budget: StepBudget; over: number }) {
  const show = useSections((state) => state.show);
  const room = roomFor(budget) ?? 0;
  const over = formatCount(tooMany);
  return (
    <div className="budget-remedy" role="status">
      <TriangleAlert aria-hidden size={16} />
      <div>
        <p>{room >= ROOM_MIN ? m.budget_too_long({ over }) : m.budget_prompt_too_long({ over })}</p>
        <p className="budget-ways">
          {room >= ROOM_MIN && (
            <button type="button" className="link" onClick={() => onMaxTokens(room)}>
              {m.budget_use_room({ count: formatCount(room) })}
            </button>
          )}
          {readsLess && (
            <button type="button" className="link" onClick={() => show("inputs")}>
              {m.budget_read_less()}
            </button>
          )}
          {readsLess && budget.view.parts.some((part) => part.kind === "file") && (
            <button type="button" className="link" onClick={() => show("files")}>
              {m.budget_fewer_files()}
            </button>
          )}
          <a className="link" href="#/models">
            {m.budget_other_model()}
          </a>
        </p>
      </div>
    </div>
  );
}

/** Why there are no numbers. */
function NoBudget({ budget }: { budget: StepBudget | undefined }) {
  const { counting, error, answer } = useBudgetState();
  const problem = budget?.view.problem;
  if (problem)
    return (
      <div className="budget-remedy" role="status" data-testid="budget-problem">
        <TriangleAlert aria-hidden size={16} />
        <div>
          <p>
            <SaidText said={said(problem.phrase, problem.message)} />
          </p>
          <p className="budget-ways">
            {problem.remedy && <span>{problem.remedy}</span>}
            <a className="link" href="#/models">
              {m.insp_choose_model()}
            </a>
          </p>
        </div>
      </div>
    );
  if (error)
    return (
      <p className="hint" data-testid="budget-none">
        {error instanceof ApiError && error.problem.status === 422 ? m.budget_invalid() : errorText(error)}
      </p>
    );
  if (counting || !answer) return <p className="hint budget-counting">{m.budget_counting()}</p>;
  return null;
}
