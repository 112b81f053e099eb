// The undo history of the designed pipeline: what each edit changed, as patches both ways. It holds the pipeline and the steps' keys and
// nothing else, so that neither undo nor redo can touch what a run made.
import { applyPatches, enablePatches, type Patch, produceWithPatches } from "immer";
import type { Context, Json, Pipeline } from "@/api/types";

enablePatches();

/** What undo covers. */
export interface Content {
  pipeline: Pipeline;
  /** One stable key per step, in step order. */
  keys: string[];
}

/** What an edit was, for the words of "Undid …". */
export type EditLabel =
  | "rename"
  | "details"
  | "context"
  | "assembler"
  | "name"
  | "role"
  | "prompt"
  | "parameters"
  | "step_context"
  | "files"
  | "gate"
  | "pause"
  | "step"
  | "add"
  | "duplicate"
  | "paste"
  | "move"
  | "remove"
  | "enable"
  | "disable"
  | "inputs"
  | "positions"
  | "layout"
  | "replace";

/** An input that an edit had to take away, since the step it names is not before the reader any more. */
export interface LostInput {
  step: string;
  input: string;
}

export interface Entry {
  label: EditLabel;
  /** The step or pipeline that was edited; with several, their number is told instead. */
  name: string;
  count: number;
  /** Edits in a row with the same key are one when they follow each other closely. */
  merge: string | null;
  /** Stamp in ms of the last edit in it. */
  at: number;
  patches: Patch[];
  inverse: Patch[];
  /** What was selected before and after. */
  before: string;
  after: string;
  lost: LostInput[];
}

/** Entries kept; older ones are forgotten. */
export const HISTORY_LIMIT = 200;
/** Longest pause in ms between two edits that count as one. */
export const MERGE_MS = 1000;
/** Most characters of an exported history; beyond that its oldest entries stay behind. */
const EXPORT_LIMIT = 1_500_000;

type Produce = (
  base: Content,
  recipe: (content: Content) => void,
) => [next: Content, patches: Patch[], inverse: Patch[]];
// The pipeline's type is recursive through JSON, which immer's own mapped types cannot follow.
const produce = produceWithPatches as unknown as Produce;

export function edited(content: Content, recipe: (content: Content) => void) {
  const [next, patches, inverse] = produce(content, recipe);
  return { next, patches, inverse };
}

export function applied(content: Content, patches: Patch[]): Content {
  return applyPatches(content, patches);
}

const paths = (patches: Patch[]): string => JSON.stringify(patches.map(({ op, path }) => [op, path]));

/** `past` with one more entry; typing that goes on in the same field joins the entry before it. */
export function recorded(past: Entry[], entry: Entry): Entry[] {
  const last = past.at(-1);
  const joins = last && entry.merge !== null && last.merge === entry.merge && entry.at - last.at < MERGE_MS;
  if (!joins) return [...past, entry].slice(-HISTORY_LIMIT);
  // The same places written again: the first state before and the last one after are all that counts.
  const same = paths(last.patches) === paths(entry.patches) && paths(last.inverse) === paths(entry.inverse);
  const joined: Entry = {
    ...entry,
    before: last.before,
    lost: [...last.lost, ...entry.lost],
    patches: same ? entry.patches : [...last.patches, ...entry.patches],
    inverse: same ? last.inverse : [...entry.inverse, ...last.inverse],
  };
  return [...past.slice(0, -1), joined];
}

/** `value` as text that does not depend on the order of an object's fields. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** A short number that tells two pipelines apart (FNV-1a over their text). */
function checkOf(pipeline: Pipeline): number {
  let hash = 0x811c9dc5;
  for (const char of stable(pipeline)) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

export interface History {
  past: Entry[];
  future: Entry[];
}

/** The history as JSON, to be kept beside the pipeline it belongs to. */
export function exportedHistory(content: Content, selected: string, { past, future }: History): Json {
  let kept = past;
  const size = (entries: Entry[]) => JSON.stringify(entries).length;
  const ahead = size(future) < EXPORT_LIMIT / 2 ? future : [];
  while (kept.length > 0 && size(kept) + size(ahead) > EXPORT_LIMIT)
    kept = kept.slice(Math.ceil(kept.length / 4));
  const value = {
    version: 1,
    check: checkOf(content.pipeline),
    keys: content.keys,
    selected,
    past: kept,
    future: ahead,
  };
  return JSON.parse(JSON.stringify(value)) as Json;
}

export interface Imported extends History {
  keys: string[];
  selected: string;
}

/** What [`exportedHistory`] wrote, or null where it is something else or belongs to another state of the pipeline. */
export function importedHistory(pipeline: Pipeline, json: unknown): Imported | null {
  const value = json as (Imported & { version: number; check: number }) | null;
  const whole =
    typeof value === "object" &&
    value?.version === 1 &&
    value.check === checkOf(pipeline) &&
    Array.isArray(value.keys) &&
    value.keys.length === pipeline.steps.length &&
    [value.past, value.future].every((list) => Array.isArray(list) && list.every(isEntry));
  if (!whole) return null;
  const { keys, past, future } = value;
  const known = ["context", "assembler", ...keys];
  return { keys, past, future, selected: known.includes(value.selected) ? value.selected : "context" };
}

function isEntry(value: unknown): boolean {
  const entry = value as Partial<Entry> | null;
  return typeof entry?.label === "string" && Array.isArray(entry.patches) && Array.isArray(entry.inverse);
}

/** Where the canvas keeps its places: `pipeline.metadata.canvas`, by step name. */
export type Places = Record<string, [x: number, y: number]>;

/** Names under which the two fixed nodes have their place; no step can be called so. */
export const CONTEXT_PLACE = "@context";
export const ASSEMBLER_PLACE = "@assembler";

export function placesOf(pipeline: Pipeline): Places {
  const canvas = pipeline.metadata?.canvas;
  if (typeof canvas !== "object" || canvas === null || Array.isArray(canvas)) return {};
  const entries = Object.entries(canvas as Context).filter(
    ([, place]) => Array.isArray(place) && place.length === 2 && place.every((one) => Number.isFinite(one)),
  );
  return Object.fromEntries(entries) as Places;
}
