import type { Diagnostic, Pipeline } from "@/api/types";
import { ContextEditor } from "@/components/ContextEditor";
import { m } from "@/paraglide/messages.js";
import { AssemblerInspector } from "./AssemblerInspector";
import { useDraft } from "./draft";
import { DiagnosticText } from "./ProblemsButton";
import { problemsOfContext } from "./problems";
import { StepInspector } from "./StepInspector";

/** The form of what is selected in the flow. */
export function Inspector({ pipeline, diagnostics }: { pipeline: Pipeline; diagnostics: Diagnostic[] }) {
  const { selected, keys } = useDraft();
  const position = keys.indexOf(selected);
  const step = pipeline.steps[position];
  if (selected === "assembler") return <AssemblerInspector pipeline={pipeline} diagnostics={diagnostics} />;
  if (step)
    return (
      <StepInspector
        key={selected}
        pipeline={pipeline}
        step={step}
        position={position}
        diagnostics={diagnostics}
      />
    );
  return <GlobalContext pipeline={pipeline} diagnostics={diagnostics} />;
}

function GlobalContext({ pipeline, diagnostics }: { pipeline: Pipeline; diagnostics: Diagnostic[] }) {
  const setContext = useDraft((draft) => draft.setContext);
  return (
    <aside className="inspector" aria-label={m.context_title()} data-testid="context-inspector">
      <header className="inspector-head">
        <h2>{m.context_title()}</h2>
        <p className="hint">{m.context_hint()}</p>
      </header>
      <div className="inspector-body">
        <ProblemList diagnostics={problemsOfContext(diagnostics)} />
        <ContextEditor
          value={pipeline.global_context ?? {}}
          onChange={setContext}
          label={m.context_title()}
        />
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
