import { Paperclip, Plus, X } from "lucide-react";
import { useState } from "react";
import { ApiError } from "@/api/client";
import type { Diagnostic, Step } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { useCurrentProject } from "@/components/currentProject";
import { formatCount, formatPercent } from "@/components/format";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { type StepBudget, useBudgetState } from "../budget";
import { DiagnosticText } from "../ProblemsButton";
import { ProjectFolder } from "./ProjectFolder";
import { Section } from "./Section";

interface FilesSectionProps {
  step: Step;
  position: number;
  diagnostics: Diagnostic[];
  budget: StepBudget | undefined;
  onChange: (files: string[] | undefined) => void;
}

/** Files of the project's folder that the step gets to read, named by patterns. */
export function FilesSection({ step, position, diagnostics, budget, onChange }: FilesSectionProps) {
  const patterns = step.files ?? [];
  const folder = useCurrentProject().project?.folder;
  const problems = useFileProblems(position, diagnostics);
  const files = (budget?.view.parts ?? []).filter((part) => part.kind === "file");
  const set = (next: string[]) => onChange(next.length > 0 ? next : undefined);
  return (
    <Section
      name="files"
      title={m.insp_files()}
      icon={Paperclip}
      note={patterns.length > 0 ? m.files_count({ count: files.length }) : undefined}
      alert={problems.length > 0}
    >
      <p className="hint">{m.insp_files_hint()}</p>
      <ProjectFolder folder={folder ?? null} needed={patterns.length > 0} />
      {patterns.length > 0 && (
        <ul className="pattern-list">
          {patterns.map((pattern, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a pattern is its place in the list, as its problems are.
            <li key={index}>
              <input
                className="input mono"
                value={pattern}
                aria-label={m.insp_pattern({ count: index + 1 })}
                aria-invalid={
                  problems.some((one) => one.severity === "error" && placed(one, index)) || undefined
                }
                data-testid={`pattern-${index}`}
                onChange={(event) =>
                  set(patterns.map((old, at) => (at === index ? event.target.value : old)))
                }
              />
              <IconButton
                icon={X}
                label={m.context_remove({ name: pattern })}
                onClick={() => set(patterns.filter((_, at) => at !== index))}
              />
              {problems
                .filter((one) => placed(one, index))
                .map((one) => (
                  <DiagnosticText key={one.code} diagnostic={one} />
                ))}
            </li>
          ))}
        </ul>
      )}
      <AddPattern onAdd={(pattern) => set([...patterns, pattern])} />
      {files.length > 0 && (
        <ul className="matched-files" aria-label={m.insp_files()}>
          {files.map((file) => (
            <li key={file.label}>
              <span className="mono">
                <VisibleText text={file.label ?? ""} />
              </span>
              <span>
                {m.tokens_count({ count: formatCount(file.tokens) })}
                {budget?.contextLength ? ` · ${formatPercent(file.tokens / budget.contextLength)}` : ""}
              </span>
            </li>
          ))}
        </ul>
      )}
      {patterns.length > 0 && files.length === 0 && problems.length === 0 && budget && (
        <p className="hint">{m.insp_files_none()}</p>
      )}
    </Section>
  );
}

const placed = (diagnostic: Diagnostic, index: number): boolean =>
  diagnostic.path.endsWith(`.files[${index}]`);

/** What the router says about the patterns, while it checks and while it counts. */
function useFileProblems(position: number, diagnostics: Diagnostic[]): Diagnostic[] {
  const error = useBudgetState((state) => state.error);
  const counted = error instanceof ApiError ? (error.problem.diagnostics ?? []) : [];
  const mine = [...diagnostics, ...counted].filter(({ path }) =>
    path.startsWith(`$.steps[${position}].files`),
  );
  return [...new Map(mine.map((one) => [`${one.code} ${one.path}`, one])).values()];
}

function AddPattern({ onAdd }: { onAdd: (pattern: string) => void }) {
  const [text, setText] = useState("");
  const add = () => {
    if (text.trim() === "") return;
    onAdd(text.trim());
    setText("");
  };
  return (
    <form
      className="pattern-add"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <input
        className="input mono"
        value={text}
        placeholder="src/**/*.ts"
        aria-label={m.insp_pattern_new()}
        data-testid="pattern-new"
        onChange={(event) => setText(event.target.value)}
      />
      <Button small icon={Plus} disabled={text.trim() === ""} onClick={add} data-testid="pattern-add">
        {m.insp_pattern_add()}
      </Button>
    </form>
  );
}
