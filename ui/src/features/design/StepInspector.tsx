import { useMemo } from "react";
import { useModels } from "@/api/queries";
import type { Diagnostic, Pipeline, Role, Step } from "@/api/types";
import { Select } from "@/components/Choice";
import { ContextEditor } from "@/components/ContextEditor";
import { modelName } from "@/components/format";
import { PromptEditor } from "@/components/PromptEditor";
import { RoleIcon, StandInBadge } from "@/components/RoleChip";
import { ROLES, STEP_ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "./draft";
import { ProblemList } from "./Inspector";
import { ParametersForm } from "./ParametersForm";
import { problemsOfStep } from "./problems";
import { knownVariables } from "./variables";

interface StepInspectorProps {
  pipeline: Pipeline;
  step: Step;
  position: number;
  diagnostics: Diagnostic[];
}

export function StepInspector({ pipeline, step, position, diagnostics }: StepInspectorProps) {
  const editStep = useDraft((draft) => draft.editStep);
  const edit = (patch: Partial<Step>) => editStep(position, patch);
  const models = useModels().data?.models;
  const model = models?.find((one) => one.name === step.model_type);
  const variables = useMemo(() => knownVariables(pipeline, position), [pipeline, position]);
  const roles = STEP_ROLES.map((role) => {
    const bound = models?.find((one) => one.name === role)?.binding;
    return {
      value: role,
      label: role,
      hint: bound ? modelName(bound.id) : m.not_bound(),
      icon: <RoleIcon role={role} size={14} />,
    };
  });

  return (
    <aside
      className="inspector"
      aria-label={m.step_inspector({ name: step.step_name })}
      data-testid="step-inspector"
    >
      <header className="inspector-head">
        <h2 className="sr-only">{m.step_inspector({ name: step.step_name })}</h2>
        <div className="inspector-fields">
          <label className="field">
            <span>{m.step_name()}</span>
            <input
              className="input mono"
              value={step.step_name}
              maxLength={64}
              data-testid="step-name"
              onChange={(event) => edit({ step_name: event.target.value })}
            />
          </label>
          <div className="field">
            <span>{m.role()}</span>
            <Select<Role>
              label={m.role()}
              value={step.model_type}
              options={roles}
              onChange={(model_type) => edit({ model_type })}
              testId="step-role"
            />
          </div>
        </div>
        {model?.binding?.stand_in && (
          <p className="hint hint-row">
            <StandInBadge role={step.model_type} />{" "}
            {m.stand_in_line({ model: modelName(model.binding.id), role: step.model_type })}
          </p>
        )}
      </header>
      <div className="inspector-body">
        <ProblemList diagnostics={problemsOfStep(diagnostics, position)} />
        <section className="group">
          <h3>{m.prompt()}</h3>
          <PromptEditor
            value={step.prompt}
            onChange={(prompt) => edit({ prompt })}
            label={m.prompt_of({ name: step.step_name })}
            variables={variables}
          />
          <p className="hint">{m.prompt_hint({ example: "{{ framework }}" })}</p>
        </section>
        <section className="group">
          <h3>{m.parameters()}</h3>
          <ParametersForm
            value={step.parameters ?? {}}
            recommended={{ ...ROLES[step.model_type].parameters, ...model?.recommended_parameters }}
            role={step.model_type}
            onChange={(parameters) => edit({ parameters })}
          />
        </section>
        <section className="group">
          <h3>{m.step_context()}</h3>
          <p className="hint">{m.step_context_hint()}</p>
          <ContextEditor
            value={step.context ?? {}}
            onChange={(context) => edit({ context })}
            label={m.step_context()}
          />
        </section>
      </div>
    </aside>
  );
}
