import { ArrowUpRight } from "lucide-react";
import { useModels } from "@/api/queries";
import type { Role } from "@/api/types";
import { Select } from "@/components/Choice";
import { formatCount, modelName } from "@/components/format";
import { RoleIcon, SimulatedBadge, StandInBadge } from "@/components/RoleChip";
import { STEP_ROLES } from "@/components/roles";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { useBudgetState } from "../budget";

/** The choice of a step's role. */
export function RoleSelect({ role, onChange }: { role: Role; onChange: (role: Role) => void }) {
  const models = useModels().data?.models;
  const options = STEP_ROLES.map((value) => {
    const bound = models?.find((one) => one.name === value)?.binding;
    return {
      value,
      label: value,
      hint: bound?.id ? modelName(bound.id) : m.not_bound(),
      icon: <RoleIcon role={value} size={14} />,
    };
  });
  return (
    <div className="field">
      <span>{m.role()}</span>
      <Select<Role> label={m.role()} value={role} options={options} onChange={onChange} testId="step-role" />
    </div>
  );
}

/** The model that plays the role: its name, its window, and what is to be known about it. */
export function ModelLine({ role }: { role: Role }) {
  const { data } = useModels();
  const binding = data?.models.find((one) => one.name === role)?.binding;
  const counted = useBudgetState((state) =>
    state.answer?.models.find((model) => model.role_names.includes(role)),
  );
  const file = data?.files.find((one) => one.path === binding?.path);
  const length = counted?.context_length ?? file?.context_length;
  const problem = binding?.problem ?? counted?.problem;
  if (!data) return null;
  return (
    <div className="model-line" data-testid="bound-model">
      <strong title={binding?.path}>{binding?.id ? modelName(binding.id) : m.not_bound()}</strong>
      {length != null && <span>{m.insp_window({ count: formatCount(length) })}</span>}
      {binding?.simulated ? <SimulatedBadge /> : binding?.stand_in ? <StandInBadge role={role} /> : null}
      <a className="link" href="#/models">
        {m.insp_choose_model()}
        <ArrowUpRight aria-hidden size={13} />
      </a>
      {problem && (
        <p className="field-error">
          <SaidText said={said(binding?.problem_phrase ?? counted?.problem_phrase, problem)} />
        </p>
      )}
    </div>
  );
}
