import { Braces, MessageSquareText, SlidersHorizontal } from "lucide-react";
import { useModels } from "@/api/queries";
import type { Diagnostic, Pipeline, Step } from "@/api/types";
import { ContextEditor } from "@/components/ContextEditor";
import { PromptEditor } from "@/components/editors";
import { ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";
import { type StepBudget, useStepBudget } from "./budget";
import { IN_THE_BUDGET } from "./budgetProblems";
import { useDraft } from "./draft";
import { ProblemList } from "./Inspector";
import { BudgetPanel } from "./inspector/BudgetPanel";
import { FilesSection } from "./inspector/FilesSection";
import { GateSection } from "./inspector/GateSection";
import { InputsSection } from "./inspector/InputsSection";
import { InspectorHead } from "./inspector/InspectorHead";
import { PreviewSection } from "./inspector/PreviewSection";
import { usePromptNames } from "./inspector/promptNames";
import { ModelLine, RoleSelect } from "./inspector/RoleField";
import { Section } from "./inspector/Section";
import { StepOptions } from "./inspector/StepOptions";
import { SECTIONS } from "./inspector/sections";
import { ParametersForm } from "./ParametersForm";
import { problemsOfStep } from "./problems";

interface StepInspectorProps {
  pipeline: Pipeline;
  step: Step;
  position: number;
  diagnostics: Diagnostic[];
  onCollapse?: () => void;
}

/** Code of the fault that the prompt's editor underlines and explains at its place. */
const IN_THE_PROMPT = "unknown_variable";

/** The form of one step. */
export function StepInspector(props: StepInspectorProps) {
  const { pipeline, step, position, diagnostics } = props;
  const editStep = useDraft((draft) => draft.editStep);
  const edit = (patch: Partial<Step>) => editStep(position, patch);
  const budget = useStepBudget(position);
  const problems = problemsOfStep(diagnostics, position);
  const title = m.step_inspector({ name: step.step_name });
  return (
    <aside className="inspector" aria-label={title} data-testid="step-inspector">
      <InspectorHead title={title} hidden names={[...SECTIONS]} onCollapse={props.onCollapse}>
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
          <RoleSelect role={step.model_type} onChange={(model_type) => edit({ model_type })} />
        </div>
        <ModelLine role={step.model_type} />
        {step.enabled === false ? (
          <p className="hint">{m.insp_off_hint()}</p>
        ) : (
          <BudgetPanel
            budget={budget}
            readsLess={position > 0 || (step.files?.length ?? 0) > 0}
            onMaxTokens={(max_tokens) => edit({ parameters: { ...step.parameters, max_tokens } })}
          />
        )}
      </InspectorHead>
      <div className="inspector-body">
        <ProblemList
          diagnostics={problems.filter(({ code }) => code !== IN_THE_PROMPT && !IN_THE_BUDGET.has(code))}
        />
        <Parts {...props} edit={edit} budget={budget} problems={problems} />
        <GateSection step={step} diagnostics={problems} onChange={(gate) => edit({ gate })} />
        <InputsSection pipeline={pipeline} step={step} position={position} />
        <FilesSection
          step={step}
          position={position}
          diagnostics={problems}
          budget={budget}
          onChange={(files) => edit({ files })}
        />
        <PreviewSection pipeline={pipeline} name={step.step_name} prompt={step.prompt} />
      </div>
    </aside>
  );
}

interface PartsProps extends StepInspectorProps {
  edit: (patch: Partial<Step>) => void;
  budget: StepBudget | undefined;
  problems: Diagnostic[];
}

/** What the step says, knows and how it writes. */
function Parts({ pipeline, step, position, edit }: PartsProps) {
  const model = useModels().data?.models.find((one) => one.name === step.model_type);
  const names = usePromptNames(pipeline, position);
  const own = Object.keys(step.context ?? {}).length;
  return (
    <>
      <Section name="prompt" title={m.prompt()} icon={MessageSquareText}>
        <PromptEditor
          value={step.prompt}
          onChange={(prompt) => edit({ prompt })}
          label={m.prompt_of({ name: step.step_name })}
          names={names}
          testId="prompt-editor"
        />
        <p className="hint">{m.prompt_hint({ example: "{{ framework }}" })}</p>
      </Section>
      <Section
        name="context"
        title={m.step_context()}
        icon={Braces}
        note={own > 0 ? m.own_context({ count: own }) : undefined}
      >
        <p className="hint">{m.step_context_hint()}</p>
        <ContextEditor
          value={step.context ?? {}}
          onChange={(context) => edit({ context })}
          label={m.step_context()}
        />
      </Section>
      <Section name="parameters" title={m.parameters()} icon={SlidersHorizontal}>
        <ParametersForm
          value={step.parameters ?? {}}
          recommended={{ ...ROLES[step.model_type].parameters, ...model?.recommended_parameters }}
          role={step.model_type}
          gated={step.gate !== undefined}
          onChange={(parameters) => edit({ parameters })}
        />
        <StepOptions step={step} onChange={edit} />
      </Section>
    </>
  );
}
