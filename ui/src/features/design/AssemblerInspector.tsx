import { useMemo } from "react";
import { useModels } from "@/api/queries";
import type { Diagnostic, Parameters, Pipeline } from "@/api/types";
import { PromptEditor } from "@/components/PromptEditor";
import { RoleChip } from "@/components/RoleChip";
import { ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "./draft";
import { ProblemList } from "./Inspector";
import { ParametersForm } from "./ParametersForm";
import { problemsOfAssembler } from "./problems";
import { knownVariables } from "./variables";

/** The form of the last card, which runs by itself: what is left as it is stays out of the pipeline. */
export function AssemblerInspector({
  pipeline,
  diagnostics,
}: {
  pipeline: Pipeline;
  diagnostics: Diagnostic[];
}) {
  const edit = useDraft((draft) => draft.editAssembler);
  const model = useModels().data?.models.find((one) => one.name === "Assembler");
  const { max_tokens, temperature } = { ...ROLES.Assembler.parameters, ...model?.recommended_parameters };
  const recommended = { max_tokens, temperature };
  const { prompt, parameters } = pipeline.assembler ?? {};
  const variables = useMemo(() => knownVariables(pipeline, pipeline.steps.length), [pipeline]);
  return (
    <aside className="inspector" aria-label={m.assembler_title()} data-testid="assembler-inspector">
      <header className="inspector-head">
        <h2>{m.assembler_title()}</h2>
        <RoleChip role="Assembler" model={model?.binding} />
        <p className="hint">{m.assembler_explained()}</p>
      </header>
      <div className="inspector-body">
        <ProblemList diagnostics={problemsOfAssembler(diagnostics)} />
        <section className="group">
          <h3>{m.prompt()}</h3>
          <PromptEditor
            value={prompt ?? ""}
            onChange={(text) => edit({ prompt: text.trim() === "" ? undefined : text })}
            label={m.prompt_of({ name: m.assembler_title() })}
            empty={m.assembler_prompt_placeholder()}
            variables={variables}
          />
          <p className="hint">{m.assembler_prompt_hint()}</p>
        </section>
        <section className="group">
          <h3>{m.parameters()}</h3>
          <ParametersForm
            value={parameters ?? recommended}
            recommended={recommended}
            role="Assembler"
            onChange={(value) => edit({ parameters: same(value, recommended) ? undefined : value })}
          />
        </section>
        <dl className="facts">
          <dt>{m.reads()}</dt>
          <dd>{m.reads_everything()}</dd>
        </dl>
      </div>
    </aside>
  );
}

/** Whether both set the same fields to the same values. */
function same(one: Parameters, other: Parameters): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof Parameters>;
  return [...keys].every((key) => JSON.stringify(one[key]) === JSON.stringify(other[key]));
}
