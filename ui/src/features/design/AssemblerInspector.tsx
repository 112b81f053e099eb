import { MessageSquareText, SlidersHorizontal } from "lucide-react";
import { useModels } from "@/api/queries";
import type { Diagnostic, Parameters, Pipeline } from "@/api/types";
import { PromptEditor } from "@/components/editors";
import { RoleChip } from "@/components/RoleChip";
import { ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";
import { useStepBudget } from "./budget";
import { IN_THE_BUDGET } from "./budgetProblems";
import { useDraft } from "./draft";
import { ProblemList } from "./Inspector";
import { BudgetPanel } from "./inspector/BudgetPanel";
import { InspectorHead } from "./inspector/InspectorHead";
import { JoinSection } from "./inspector/JoinSection";
import { PreviewSection } from "./inspector/PreviewSection";
import { usePromptNames } from "./inspector/promptNames";
import { ModelLine } from "./inspector/RoleField";
import { Section } from "./inspector/Section";
import { ParametersForm } from "./ParametersForm";
import { problemsOfAssembler } from "./problems";

interface AssemblerInspectorProps {
  pipeline: Pipeline;
  diagnostics: Diagnostic[];
  onCollapse?: () => void;
}

/** The form of the last card, which runs by itself: what is left as it is stays out of the pipeline. */
export function AssemblerInspector({ pipeline, diagnostics, onCollapse }: AssemblerInspectorProps) {
  const edit = useDraft((draft) => draft.editAssembler);
  const model = useModels().data?.models.find((one) => one.name === "Assembler");
  const { max_tokens, temperature } = { ...ROLES.Assembler.parameters, ...model?.recommended_parameters };
  const recommended = { max_tokens, temperature };
  const { prompt, parameters, mode = "model" } = pipeline.assembler ?? {};
  const byModel = mode === "model";
  const names = usePromptNames(pipeline, pipeline.steps.length);
  const budget = useStepBudget(pipeline.steps.length);
  const setParameters = (value: Parameters) =>
    edit({ parameters: same(value, recommended) ? undefined : value });
  return (
    <aside className="inspector" aria-label={m.assembler_title()} data-testid="assembler-inspector">
      <InspectorHead
        title={m.assembler_title()}
        names={byModel ? ["join", "prompt", "parameters", "preview"] : ["join"]}
        onCollapse={onCollapse}
      >
        <RoleChip role="Assembler" />
        {byModel && (
          <>
            <ModelLine role="Assembler" />
            <BudgetPanel
              budget={budget}
              readsLess={false}
              onMaxTokens={(tokens) => setParameters({ ...(parameters ?? recommended), max_tokens: tokens })}
            />
            <p className="hint">{m.assembler_explained()}</p>
          </>
        )}
      </InspectorHead>
      <div className="inspector-body">
        <ProblemList
          diagnostics={problemsOfAssembler(diagnostics).filter(({ code }) => !IN_THE_BUDGET.has(code))}
        />
        <JoinSection mode={mode} onChange={(next) => edit({ mode: next === "model" ? undefined : next })} />
        {byModel && (
          <>
            <Section name="prompt" title={m.prompt()} icon={MessageSquareText}>
              <PromptEditor
                value={prompt ?? ""}
                onChange={(text) => edit({ prompt: text.trim() === "" ? undefined : text })}
                label={m.prompt_of({ name: m.assembler_title() })}
                empty={m.assembler_prompt_placeholder()}
                names={names}
                testId="prompt-editor"
              />
              <p className="hint">{m.assembler_prompt_hint()}</p>
            </Section>
            <Section name="parameters" title={m.parameters()} icon={SlidersHorizontal}>
              <ParametersForm
                value={parameters ?? recommended}
                recommended={recommended}
                role="Assembler"
                onChange={setParameters}
              />
              <dl className="facts">
                <dt>{m.reads()}</dt>
                <dd>{m.reads_everything()}</dd>
              </dl>
            </Section>
            <PreviewSection pipeline={pipeline} name="assembler" prompt={prompt ?? ""} />
          </>
        )}
      </div>
    </aside>
  );
}

/** Whether both set the same fields to the same values. */
function same(one: Parameters, other: Parameters): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof Parameters>;
  return [...keys].every((key) => JSON.stringify(one[key]) === JSON.stringify(other[key]));
}
