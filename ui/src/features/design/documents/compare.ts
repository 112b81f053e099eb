// What changed from one document to another, told in the terms of the designer: steps that came, went, moved or changed, and each field
// with its values. Where nodes stand on the canvas is no change of what the pipeline does, and is left out.
import type { AssemblerSettings, Context, Json, Pipeline, Step } from "@/api/types";
import { same } from "./newest";

/** A field that is not the same in both; undefined where it is absent. */
export interface FieldChange {
  field: string;
  before: Json | undefined;
  after: Json | undefined;
}

export interface StepChange {
  kind: "added" | "removed" | "changed" | "moved";
  name: string;
  role: Step["model_type"];
  /** Its name before, when it was renamed. */
  was?: string;
  /** List positions from 0. */
  from?: number;
  to?: number;
  fields: FieldChange[];
  /** Both texts, when the instruction changed. */
  prompt?: { before: string; after: string };
}

export interface DocumentChanges {
  fields: FieldChange[];
  context: FieldChange[];
  steps: StepChange[];
  assembler: { fields: FieldChange[]; prompt?: { before: string; after: string } } | undefined;
  /** Whether nothing differs. */
  none: boolean;
}

export function compareDocuments(before: Pipeline, after: Pipeline): DocumentChanges {
  const fields = changed(
    { name: before.name, description: before.description, metadata: notes(before) },
    { name: after.name, description: after.description, metadata: notes(after) },
  );
  const context = changed(before.global_context ?? {}, after.global_context ?? {});
  const steps = stepChanges(before.steps, after.steps);
  const assembler = assemblerChange(before.assembler ?? {}, after.assembler ?? {});
  const none = fields.length + context.length + steps.length === 0 && !assembler;
  return { fields, context, steps, assembler, none };
}

/** The user's own notes, without the canvas' places. */
function notes({ metadata }: Pipeline): Json | undefined {
  const { canvas: _, ...rest } = metadata ?? {};
  return Object.keys(rest).length > 0 ? rest : undefined;
}

type Fields = Record<string, Json | undefined>;

function changed(before: Fields, after: Fields, prefix = ""): FieldChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) =>
    same(before[key], after[key]) ? [] : [{ field: prefix + key, before: before[key], after: after[key] }],
  );
}

/** A step's fields but its name and prompt, with parameters and contexts one by one, so that each is told by itself. */
function stepFields(step: Step): Fields {
  const { step_name: _, prompt: __, parameters, context, gate, ...rest } = step;
  return {
    ...flat("parameters", parameters ?? {}),
    ...flat("context", context ?? {}),
    // What is left out says the same as its default.
    ...flat("gate", gate ? { repairs: 1, continuations: 1, ...gate } : {}),
    ...(rest as Fields),
    enabled: step.enabled === false ? false : undefined,
    pause_after: step.pause_after === true ? true : undefined,
  };
}

const flat = (prefix: string, values: Context | object): Fields =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value as Json]));

const texts = (before: string, after: string) => (before === after ? undefined : { before, after });

function stepChanges(before: Step[], after: Step[]): StepChange[] {
  const pairs = paired(before, after);
  const partner = new Map(pairs.map(([from, to]) => [to, from]));
  const gone = before.flatMap((step, from): StepChange[] =>
    pairs.some(([one]) => one === from)
      ? []
      : [{ kind: "removed", name: step.step_name, role: step.model_type, from, fields: [] }],
  );
  const kept = stayed(pairs);
  const now = after.flatMap((step, to): StepChange[] => {
    const from = partner.get(to);
    const old = from === undefined ? undefined : before[from];
    const head = { name: step.step_name, role: step.model_type, to };
    if (from === undefined || !old) return [{ kind: "added", ...head, fields: [] }];
    const fields = changed(stepFields(old), stepFields(step));
    const prompt = texts(old.prompt, step.prompt);
    const was = old.step_name === step.step_name ? undefined : old.step_name;
    if (fields.length > 0 || prompt || was !== undefined)
      return [
        {
          kind: "changed",
          ...head,
          from,
          fields,
          ...(prompt && { prompt }),
          ...(was !== undefined && { was }),
        },
      ];
    return kept.has(to) ? [] : [{ kind: "moved", ...head, from, fields: [] }];
  });
  return [...now, ...gone];
}

/** Steps that are the same one in both: of the same name, or with the same role and prompt under another. */
function paired(before: Step[], after: Step[]): [from: number, to: number][] {
  const pairs: [number, number][] = [];
  const free = new Set(after.keys());
  const take = (from: number, to: number | undefined) => {
    if (to === undefined) return false;
    free.delete(to);
    pairs.push([from, to]);
    return true;
  };
  const left = [...before.entries()].filter(
    ([from, step]) =>
      !take(
        from,
        [...free].find((to) => after[to]?.step_name === step.step_name),
      ),
  );
  for (const [from, step] of left)
    take(
      from,
      [...free].find(
        (to) =>
          after[to]?.prompt === step.prompt &&
          after[to]?.model_type === step.model_type &&
          step.prompt !== "",
      ),
    );
  return pairs;
}

/** New positions of the most steps that keep their order among themselves; the others were moved. */
function stayed(pairs: [from: number, to: number][]): Set<number> {
  const ordered = pairs.toSorted(([, a], [, b]) => a - b);
  // Longest increasing run of the old positions; there are at most a hundred steps.
  const best = ordered.map(() => ({ length: 1, previous: -1 }));
  for (const [at, [from]] of ordered.entries())
    for (let earlier = 0; earlier < at; earlier++) {
      const here = best[at];
      const there = best[earlier];
      const smaller = (ordered[earlier]?.[0] ?? 0) < from;
      if (here && there && smaller && there.length + 1 > here.length)
        best[at] = { length: there.length + 1, previous: earlier };
    }
  let at = best.reduce((top, one, index) => (one.length > (best[top]?.length ?? 0) ? index : top), 0);
  const kept = new Set<number>();
  while (at >= 0 && ordered[at]) {
    kept.add(ordered[at]?.[1] ?? -1);
    at = best[at]?.previous ?? -1;
  }
  return kept;
}

function assemblerChange(before: AssemblerSettings, after: AssemblerSettings): DocumentChanges["assembler"] {
  const parts = ({ prompt: _, parameters, ...rest }: AssemblerSettings): Fields => ({
    ...flat("parameters", parameters ?? {}),
    ...(rest as Fields),
  });
  const fields = changed(parts(before), parts(after));
  const prompt = texts(before.prompt ?? "", after.prompt ?? "");
  return fields.length > 0 || prompt ? { fields, ...(prompt && { prompt }) } : undefined;
}
