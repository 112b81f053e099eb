import type { Diagnostic, Pipeline } from "@/api/types";
import { ContextEditor } from "@/components/ContextEditor";
import { useCommands } from "@/components/commands";
import { m } from "@/paraglide/messages.js";
import { AssemblerInspector } from "./AssemblerInspector";
import { useBudget } from "./budget";
import { useDraft } from "./draft";
import { BudgetOverview } from "./inspector/BudgetOverview";
import { InspectorHead } from "./inspector/InspectorHead";
import { useSections } from "./inspector/sections";
import { DiagnosticText } from "./ProblemsButton";
import { problemsOfContext } from "./problems";
import { StepInspector } from "./StepInspector";

interface InspectorProps {
  pipeline: Pipeline;
  diagnostics: Diagnostic[];
  /** Folds the inspector away; without it there is no button for that. */
  onCollapse?: () => void;
}

/** The form of what is selected in the flow. */
export function Inspector({ pipeline, diagnostics, onCollapse }: InspectorProps) {
  const { selected, keys } = useDraft();
  useBudget(pipeline);
  const show = useSections((state) => state.show);
  const position = keys.indexOf(selected);
  const step = pipeline.steps[position];
  useCommands([
    {
      id: "design.preview",
      title: m.preview_command(),
      group: "view",
      keys: "mod+shift+p",
      disabled: !step && selected !== "assembler",
      run: () => show("preview"),
    },
  ]);
  const shared = { pipeline, diagnostics, onCollapse };
  if (selected === "assembler") return <AssemblerInspector {...shared} />;
  if (step) return <StepInspector key={selected} {...shared} step={step} position={position} />;
  return <PipelineInspector {...shared} />;
}

/** The form of the whole pipeline: what it is about, and what every step knows. */
function PipelineInspector({ pipeline, diagnostics, onCollapse }: InspectorProps) {
  const { setContext, editDetails } = useDraft();
  return (
    <aside className="inspector" aria-label={m.context_title()} data-testid="context-inspector">
      <InspectorHead title={m.context_title()} names={[]} onCollapse={onCollapse}>
        <p className="hint">{m.context_hint()}</p>
      </InspectorHead>
      <div className="inspector-body">
        <ProblemList diagnostics={problemsOfContext(diagnostics)} />
        <ContextEditor
          value={pipeline.global_context ?? {}}
          onChange={setContext}
          label={m.context_title()}
        />
        <label className="field">
          <span>{m.insp_description()}</span>
          <textarea
            className="input grow"
            rows={2}
            value={pipeline.description ?? ""}
            placeholder={m.insp_description_hint()}
            data-testid="pipeline-description"
            onChange={(event) => editDetails({ description: event.target.value || undefined })}
          />
        </label>
        <BudgetOverview pipeline={pipeline} />
      </div>
    </aside>
  );
}

export function ProblemList({ diagnostics }: { diagnostics: Diagnostic[] }) {
  if (diagnostics.length === 0) return null;
  return (
    <ul className="inspector-problems">
      {diagnostics.map((diagnostic) => (
        <li key={`${diagnostic.code} ${diagnostic.path}`}>
          <DiagnosticText diagnostic={diagnostic} />
        </li>
      ))}
    </ul>
  );
}
