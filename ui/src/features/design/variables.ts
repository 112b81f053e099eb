// What the `{{ variables }}` of a prompt can name, by the engine's own rules: the weakest first, the project's context, the pipeline's, the
// contexts of the steps that are read, the step's own, and then the outputs of the steps that are read.
import type { Context, Json, Pipeline, Step } from "@/api/types";

/** Where a value comes from. */
export type Origin =
  | { kind: "project" | "pipeline" | "own" }
  | { kind: "step" | "output" | "artifacts"; step: string };

/** A name that a prompt may use. */
export interface Variable {
  path: string;
  origin: Origin;
  /** Undefined for what only a run makes. */
  value?: Json;
}

/** The names known to one prompt, and why others are not. */
export interface Scope {
  variables: Variable[];
  /** The variable that `path` names, numbers indexing lists; undefined when there is none. */
  find: (path: string) => Variable | undefined;
}

/** List positions of the enabled steps that the step at `position` reads. */
export function readSteps(steps: Step[], position: number): number[] {
  const inputs = steps[position]?.inputs;
  return steps
    .slice(0, position)
    .flatMap((step, at) =>
      step.enabled !== false && (!inputs || inputs.includes(step.step_name)) ? [at] : [],
    );
}

/** What the prompt at `position` knows; the Assembler's position is the number of steps. */
export function scopeOf(pipeline: Pipeline, position: number, project: Context = {}): Scope {
  const roots = new Map<string, Variable>();
  const add = (context: Context | undefined, origin: Origin) => {
    for (const [path, value] of Object.entries(context ?? {})) roots.set(path, { path, origin, value });
  };
  const read = readSteps(pipeline.steps, position);
  add(project, { kind: "project" });
  add(pipeline.global_context, { kind: "pipeline" });
  for (const at of read)
    add(pipeline.steps[at]?.context, { kind: "step", step: pipeline.steps[at]?.step_name ?? "" });
  add(pipeline.steps[position]?.context, { kind: "own" });
  for (const at of read) {
    const step = pipeline.steps[at]?.step_name ?? "";
    for (const kind of ["output", "artifacts"] as const) {
      const path = `step_${at}_${kind}`;
      roots.set(path, { path, origin: { kind, step } });
    }
  }
  return {
    variables: [...roots.values()].flatMap((root) => [root, ...inner(root)]),
    find: (path) => find(roots, path),
  };
}

/** The fields of an object value, each a variable of its own. */
function inner({ path, origin, value }: Variable): Variable[] {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, field]) => {
    const variable = { path: `${path}.${key}`, origin, value: field };
    return [variable, ...inner(variable)];
  });
}

function find(roots: Map<string, Variable>, path: string): Variable | undefined {
  const [first = "", ...rest] = path.split(".");
  const root = roots.get(first);
  if (!root || rest.length === 0) return root;
  // A run's files are a list whose fields are not known before it.
  if (root.origin.kind === "artifacts" && root.value === undefined) return { ...root, path };
  let value: Json | undefined = root.value;
  for (const part of rest) {
    if (Array.isArray(value)) value = /^\d+$/.test(part) ? value[Number(part)] : undefined;
    else if (value !== null && typeof value === "object" && Object.hasOwn(value, part)) value = value[part];
    else value = undefined;
    if (value === undefined) return undefined;
  }
  return { path, origin: root.origin, value };
}

/** Why a path that the scope does not know is unknown. */
export type Unknown =
  | { why: "later" | "not_read" | "disabled"; step: string }
  | { why: "no_step"; count: number }
  | { why: "typo"; near: string }
  | { why: "nowhere" };

export function whyUnknown(pipeline: Pipeline, position: number, scope: Scope, path: string): Unknown {
  const output = /^step_(\d+)_(?:output|artifacts)(?:\.|$)/.exec(path);
  if (output) {
    const at = Number(output[1]);
    const other = pipeline.steps[at];
    if (!other) return { why: "no_step", count: pipeline.steps.length };
    if (at >= position) return { why: "later", step: other.step_name };
    if (other.enabled === false) return { why: "disabled", step: other.step_name };
    if (!readSteps(pipeline.steps, position).includes(at)) return { why: "not_read", step: other.step_name };
  }
  const near = nearest(
    path,
    scope.variables.map((variable) => variable.path),
  );
  return near === undefined ? { why: "nowhere" } : { why: "typo", near };
}

/** The name that differs from `path` by the fewest signs, when that is at most a third of it. */
export function nearest(path: string, names: string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(path.length / 3)) + 1;
  for (const name of names) {
    const far = distance(path.toLowerCase(), name.toLowerCase(), least);
    if (far < least) {
      least = far;
      best = name;
    }
  }
  return best;
}

/** Signs to put in, take out or change (Levenshtein); gives up at `limit`. */
function distance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) >= limit) return limit;
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, sign] of [...one].entries()) {
    const next = [at + 1];
    for (let to = 1; to <= other.length; to++)
      next.push(
        Math.min(
          (row[to] ?? 0) + 1,
          (next[to - 1] ?? 0) + 1,
          (row[to - 1] ?? 0) + (sign === other[to - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[other.length] ?? limit;
}
