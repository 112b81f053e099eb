import type { Pipeline } from "@/api/types";
import { formatBytes, formatCount, modelName } from "@/components/format";
import { RoleIcon, SimulatedBadge } from "@/components/RoleChip";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { stepBudget, useBudgetState } from "../budget";
import { useDraft } from "../draft";
import { BudgetBadge } from "./BudgetBadge";

/** All steps with their budgets, and the models that a run loads. */
export function BudgetOverview({ pipeline }: { pipeline: Pipeline }) {
  const answer = useBudgetState((state) => state.answer);
  const { keys, select } = useDraft();
  if (!answer || pipeline.steps.length === 0) return null;
  const rows = [...pipeline.steps, undefined].flatMap((step, position) =>
    stepBudget(answer, pipeline, position)
      ? [
          {
            position,
            name: step?.step_name ?? m.assembler_title(),
            role: step?.model_type ?? ("Assembler" as const),
          },
        ]
      : [],
  );
  return (
    <section className="budget-overview" aria-label={m.budget_title()} data-testid="budget-overview">
      <h3>{m.budget_title()}</h3>
      <ul className="budget-rows">
        {rows.map(({ position, name, role }) => (
          <li key={position}>
            <button type="button" onClick={() => select(keys[position] ?? "assembler")}>
              <RoleIcon role={role} size={13} />
              <span className="budget-name">{name}</span>
              <BudgetBadge position={position} />
            </button>
          </li>
        ))}
      </ul>
      <p className="hint">
        {m.budget_totals({
          prompt: formatCount(answer.total_prompt_tokens ?? 0),
          max: formatCount(answer.total_max_tokens),
        })}{" "}
        {m.budget_loads({ count: answer.model_loads })}
      </p>
      <ul className="budget-models">
        {answer.models.map((model) => (
          <li key={model.path || model.id}>
            <b>{modelName(model.id)}</b>
            <span>{model.role_names.join(", ")}</span>
            {model.size_bytes != null && <span>{formatBytes(model.size_bytes)}</span>}
            {model.simulated && <SimulatedBadge />}
            {model.problem && (
              <span className="field-error">
                <SaidText said={said(model.problem_phrase, model.problem)} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
