// The names of one prompt in words, and how an unknown one is put right.
import { useMemo } from "react";
import type { Context, Json, Pipeline } from "@/api/types";
import { useCurrentProject } from "@/components/currentProject";
import type { PromptFix, PromptName, PromptNames } from "@/components/promptVariables";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { type Origin, type Scope, scopeOf, type Variable, whyUnknown } from "../variables";

/** Longest value in characters that a tip shows. */
const VALUE_MAX = 400;

/** What the prompt at `position` may name; the Assembler's position is the number of steps. */
export function usePromptNames(pipeline: Pipeline, position: number): PromptNames {
  const project = useCurrentProject().project?.global_context as Context | undefined;
  return useMemo(() => promptNames(pipeline, position, project), [pipeline, position, project]);
}

export function promptNames(pipeline: Pipeline, position: number, project?: Context): PromptNames {
  const scope = scopeOf(pipeline, position, project);
  return {
    list: scope.variables.map(named),
    find: (path) => {
      const variable = scope.find(path);
      return variable && named(variable);
    },
    explain: (path) => explained(pipeline, position, scope, path),
  };
}

function named({ path, origin, value }: Variable): PromptName {
  return { path, detail: origins(origin), value: value === undefined ? m.var_at_run() : shown(value) };
}

function origins(origin: Origin): string {
  switch (origin.kind) {
    case "project":
      return m.var_of_project();
    case "pipeline":
      return m.var_of_pipeline();
    case "own":
      return m.var_of_own();
    case "step":
      return m.var_of_step({ step: origin.step });
    case "output":
      return m.var_output({ step: origin.step });
    case "artifacts":
      return m.var_artifacts({ step: origin.step });
  }
}

function shown(value: Json): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text;
}

function explained(pipeline: Pipeline, position: number, scope: Scope, path: string) {
  const unknown = whyUnknown(pipeline, position, scope, path);
  const add = { label: m.var_fix_add({ path }), run: () => addToContext(path) };
  const fixes: PromptFix[] = [];
  let message: string;
  switch (unknown.why) {
    case "later":
      message = m.var_why_later({ path, step: unknown.step });
      break;
    case "disabled":
      message = m.var_why_disabled({ path, step: unknown.step });
      fixes.push({ label: m.var_fix_enable({ step: unknown.step }), run: () => enable(unknown.step) });
      break;
    case "not_read":
      message = m.var_why_not_read({ path, step: unknown.step });
      fixes.push({ label: m.var_fix_read({ step: unknown.step }), run: () => read(position, unknown.step) });
      break;
    case "no_step":
      message = m.var_why_no_step({ path, count: unknown.count });
      break;
    case "typo":
      message = m.var_why_typo({ path, near: unknown.near });
      fixes.push({ label: m.var_fix_typo({ near: unknown.near }), text: `{{ ${unknown.near} }}` }, add);
      break;
    case "nowhere":
      message = m.var_why_nowhere({ path });
      fixes.push(add);
  }
  return { message, fixes };
}

function enable(step: string): void {
  const { pipeline, setEnabled } = useDraft.getState();
  const at = pipeline?.steps.findIndex((one) => one.step_name === step) ?? -1;
  if (at >= 0) setEnabled(at, true);
}

function read(position: number, step: string): void {
  const { pipeline, setInputs } = useDraft.getState();
  setInputs(position, [...(pipeline?.steps[position]?.inputs ?? []), step]);
}

/** Puts an empty text at a dotted path of the pipeline's context, beside what is there. */
function addToContext(path: string): void {
  const { pipeline, setContext } = useDraft.getState();
  if (pipeline) setContext(withPath(pipeline.global_context ?? {}, path.split(".")));
}

export function withPath(context: Context, [first = "", ...rest]: string[]): Context {
  const old = context[first];
  const inside = old !== null && typeof old === "object" && !Array.isArray(old) ? old : {};
  return { ...context, [first]: rest.length > 0 ? withPath(inside, rest) : (old ?? "") };
}
