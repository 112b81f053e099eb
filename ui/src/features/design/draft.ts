// The pipeline being designed, with its undo history and what is selected in it. Every change of the pipeline goes through `edit`, which
// records it; so there is no edit that undo does not cover. What a run made is not in here, and nothing in here can change it.
import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";
import type { AssemblerSettings, Context, Json, Pipeline, Role, Step } from "@/api/types";
import { ROLES } from "@/components/roles";
import {
  applied,
  type Content,
  type EditLabel,
  type Entry,
  edited,
  exportedHistory,
  importedHistory,
  type LostInput,
  type Places,
  placesOf,
  recorded,
} from "./canvas/history";
import { connection, repairInputs, withoutInput } from "./canvas/inputs";
import { copyPlace, dropPlaces, patchStep, renameStep, setPlaces } from "./canvas/recipes";
import { freeName, pastedSteps, stepsIn, stepsText } from "./canvas/steps";

export { freeName } from "./canvas/steps";

/** What the inspector shows: a step by its key, or one of the two fixed cards. */
export type Selection = "context" | "assembler" | (string & {});

/** What is to be told about the last edit; `id` grows, so that the same edit twice is told twice. */
export interface Said extends Pick<Entry, "label" | "name" | "count" | "lost"> {
  id: number;
  kind: "did" | "undid" | "redid";
}

/** How drawing a connection went; `names` are the steps that stand in the way or were moved. */
export interface Connected {
  kind: "added" | "moved" | "already" | "loop" | "self";
  names: string[];
}

export interface Draft {
  pipeline: Pipeline | null;
  /** One stable key per step, in step order; positions change, keys do not. */
  keys: string[];
  selected: Selection;
  /** Keys of all selected steps; `selected` is one of them when it is a step. */
  chosen: string[];
  /** The gallery is open over the draft. */
  choosing: boolean;
  /** The saved pipeline that this is the draft of. */
  documentId: string | null;
  past: Entry[];
  future: Entry[];
  said: Said | null;
  /** By key of a step whose name is another's or empty while it is typed: the name by which the inputs still know it. */
  heldNames: Record<string, string>;

  /** Makes `pipeline` the draft, with an empty history. */
  open: (pipeline: Pipeline, documentId?: string | null) => void;
  choose: (choosing: boolean) => void;
  select: (selected: Selection) => void;
  selectMany: (keys: string[]) => void;
  undo: () => void;
  redo: () => void;
  /** Takes another pipeline's place as one edit, e.g. to restore a version. */
  replace: (pipeline: Pipeline) => void;

  rename: (name: string) => void;
  /** Changes fields of the pipeline itself; one set to undefined is left out. */
  editDetails: (patch: Partial<Omit<Pipeline, "steps" | "metadata">>) => void;
  setContext: (context: Context) => void;
  /** Changes the Assembler; a field set to undefined goes back to what is built in. */
  editAssembler: (patch: Partial<AssemblerSettings>) => void;
  /** Changes a step; a field set to undefined is left out. */
  editStep: (position: number, patch: Partial<Step>) => void;
  /** `null` reads every step before it. */
  setInputs: (position: number, names: string[] | null) => void;
  setEnabled: (positions: number | number[], enabled: boolean) => void;
  /** Lets the step at `target` read the one at `source`; a source that comes later is moved before it where nothing stands against it. */
  connect: (source: number, target: number) => Connected;
  disconnect: (source: number, target: number) => void;
  addStep: (position: number, role?: Role, place?: [x: number, y: number]) => void;
  duplicateStep: (position: number) => void;
  duplicateSteps: (positions: number[]) => void;
  moveStep: (from: number, to: number) => void;
  /** Moves several steps by one place, those that cannot move further excepted. */
  moveSteps: (positions: number[], by: 1 | -1) => void;
  removeStep: (position: number) => void;
  removeSteps: (positions: number[]) => void;
  restoreStep: (position: number, step: Step, key: string) => void;
  /** Steps as text for the clipboard. */
  copySteps: (positions: number[]) => string;
  /** Puts in the steps that `text` holds; false when it holds none. */
  pasteSteps: (text: string, position?: number) => boolean;
  /** Places on the canvas by step name, as one edit; `moved` are those that the user moved when the others only keep theirs. */
  setPositions: (places: Places, moved?: string[]) => void;
  autoLayout: () => void;
  exportHistory: () => Json;
  /** Takes over a history that belongs to exactly this pipeline; false when it does not. */
  importHistory: (json: unknown) => boolean;
}

interface Edit {
  label: EditLabel;
  name?: string;
  count?: number;
  /** Joins with an edit of the same key right before it. */
  merge?: string;
  /** Key to select afterwards. */
  select?: Selection;
  chosen?: string[];
}

const newKey = (): string => crypto.randomUUID();

export const blankPipeline = (name: string): Pipeline => ({ name, steps: [], global_context: {} });

/** The label of a change of some of a step's fields. */
function labelOf(patch: Partial<Step>): EditLabel {
  const fields = Object.keys(patch);
  if (fields.length !== 1) return "step";
  const labels: Record<string, EditLabel> = {
    step_name: "name",
    model_type: "role",
    prompt: "prompt",
    parameters: "parameters",
    context: "step_context",
    files: "files",
    gate: "gate",
    pause_after: "pause",
    inputs: "inputs",
    enabled: patch.enabled === false ? "disable" : "enable",
  };
  return labels[fields[0] ?? ""] ?? "step";
}

/** Fields that are typed into, so that their edits join. */
const TYPED: EditLabel[] = ["name", "prompt", "parameters", "step_context", "files", "gate", "step"];

export const useDraft = create<Draft>()(
  persist(
    (set, get) => {
      /** Carries out one edit and records it; an edit that changes nothing leaves no trace. A list that `recipe` answers are lost inputs. */
      function edit(what: Edit, recipe: (content: Content) => unknown): void {
        const { pipeline, keys, past, selected, said, chosen } = get();
        if (!pipeline) return;
        let lost: LostInput[] = [];
        const { next, patches, inverse } = edited({ pipeline, keys }, (content) => {
          const taken = recipe(content);
          lost = Array.isArray(taken) ? (taken as LostInput[]) : [];
        });
        if (patches.length === 0) return;
        const after =
          what.select ?? (next.keys.includes(selected) || !keys.includes(selected) ? selected : "context");
        const entry: Entry = {
          label: what.label,
          name: what.name ?? "",
          count: what.count ?? 1,
          merge: what.merge ?? null,
          at: Date.now(),
          patches,
          inverse,
          before: selected,
          after,
          lost,
        };
        set({
          ...next,
          selected: after,
          chosen:
            what.chosen ?? (what.select ? onlyStep(after) : chosen.filter((key) => next.keys.includes(key))),
          past: recorded(past, entry),
          future: [],
          ...((lost.length > 0 || what.label === "remove") && {
            said: { ...toldOf(entry), kind: "did", id: (said?.id ?? 0) + 1 },
          }),
        });
      }

      /** Takes one entry from one end of the history to the other. */
      function step(direction: "undo" | "redo"): void {
        const { pipeline, keys, past, future, said } = get();
        const entry = direction === "undo" ? past.at(-1) : future[0];
        if (!pipeline || !entry) return;
        const next = applied({ pipeline, keys }, direction === "undo" ? entry.inverse : entry.patches);
        const wanted = direction === "undo" ? entry.before : entry.after;
        const fixed = wanted === "context" || wanted === "assembler";
        const selected = fixed || next.keys.includes(wanted) ? wanted : "context";
        set({
          ...next,
          selected,
          chosen: onlyStep(selected),
          heldNames: {},
          past: direction === "undo" ? past.slice(0, -1) : [...past, { ...entry, merge: null }],
          future: direction === "undo" ? [{ ...entry, merge: null }, ...future] : future.slice(1),
          said: { ...toldOf(entry), kind: direction === "undo" ? "undid" : "redid", id: (said?.id ?? 0) + 1 },
        });
      }

      const steps = (): Step[] => get().pipeline?.steps ?? [];
      const nameAt = (position: number): string => steps()[position]?.step_name ?? "";

      /** Puts steps in at `position` and selects them. */
      function put(
        label: EditLabel,
        position: number,
        added: Step[],
        more: Partial<Edit> & { place?: [number, number]; from?: string[]; keys?: string[] } = {},
      ) {
        const keys = more.keys ?? added.map(newKey);
        const [first] = keys;
        if (first === undefined) return;
        edit(
          { label, name: added[0]?.step_name, count: added.length, select: first, chosen: keys },
          (content) => {
            content.pipeline.steps.splice(position, 0, ...added);
            content.keys.splice(position, 0, ...keys);
            if (more.place && added[0]) setPlaces(content.pipeline, { [added[0].step_name]: more.place });
            for (const [at, name] of (more.from ?? []).entries())
              if (added[at]) copyPlace(content.pipeline, name, added[at].step_name);
          },
        );
      }

      /** Brings the steps into another order, given as their old positions. */
      function reorder(what: Edit, order: number[], then: (content: Content) => void = () => {}): void {
        edit(what, (content) => {
          const { pipeline, keys } = content;
          const existed = new Set(pipeline.steps.map((one) => one.step_name));
          pipeline.steps = order.map((at) => pipeline.steps[at]).filter((one) => one !== undefined);
          content.keys = order.map((at) => keys[at]).filter((one) => one !== undefined);
          then(content);
          return repairInputs(pipeline.steps, existed);
        });
      }

      return {
        pipeline: null,
        keys: [],
        selected: "context",
        chosen: [],
        choosing: false,
        documentId: null,
        past: [],
        future: [],
        said: null,
        heldNames: {},

        open: (pipeline, documentId = null) =>
          set({
            pipeline,
            documentId,
            keys: pipeline.steps.map(newKey),
            selected: "context",
            chosen: [],
            choosing: false,
            past: [],
            future: [],
            said: null,
            heldNames: {},
          }),
        choose: (choosing) => set({ choosing }),
        select: (selected) => set({ selected, chosen: onlyStep(selected) }),
        selectMany: (chosen) => {
          const { selected, chosen: old } = get();
          if (chosen.length === old.length && chosen.every((key) => old.includes(key))) return;
          const last = chosen.at(-1);
          set({ chosen, selected: last === undefined || chosen.includes(selected) ? selected : last });
        },
        undo: () => step("undo"),
        redo: () => step("redo"),
        replace: (pipeline) =>
          edit({ label: "replace", name: pipeline.name, select: "context", chosen: [] }, (content) => {
            content.pipeline = pipeline;
            content.keys = pipeline.steps.map(newKey);
          }),

        rename: (name) =>
          edit({ label: "rename", name, merge: "rename" }, ({ pipeline }) => {
            pipeline.name = name;
          }),
        editDetails: (patch) =>
          edit(
            { label: "details", name: get().pipeline?.name, merge: `details.${Object.keys(patch)}` },
            ({ pipeline }) => {
              patchStep(pipeline, patch);
            },
          ),
        setContext: (global_context) =>
          edit({ label: "context", merge: "context" }, ({ pipeline }) => {
            pipeline.global_context = global_context;
          }),
        editAssembler: (patch) =>
          edit({ label: "assembler", merge: `assembler.${Object.keys(patch)}` }, ({ pipeline }) => {
            const kept = Object.entries({ ...pipeline.assembler, ...patch }).filter(
              ([, value]) => value !== undefined,
            );
            if (kept.length > 0) pipeline.assembler = Object.fromEntries(kept);
            else delete pipeline.assembler;
          }),
        editStep: (position, patch) => {
          const key = get().keys[position];
          const old = steps()[position];
          if (key === undefined || !old) return;
          const label = labelOf(patch);
          const merge = TYPED.includes(label) ? `${key}.${Object.keys(patch)}` : undefined;
          let held: string | undefined;
          edit({ label, name: patch.step_name ?? old.step_name, merge }, ({ pipeline }) => {
            const target = pipeline.steps[position];
            if (!target) return;
            if (patch.step_name !== undefined)
              held = renameStep(pipeline, position, patch.step_name, get().heldNames[key]);
            patchStep(target, patch);
          });
          if (patch.step_name === undefined) return;
          const { [key]: _, ...heldNames } = get().heldNames;
          set({ heldNames: held === undefined ? heldNames : { ...heldNames, [key]: held } });
        },
        setInputs: (position, names) => get().editStep(position, { inputs: names ?? undefined }),
        setEnabled: (positions, enabled) => {
          const list = [positions].flat();
          const label = enabled ? "enable" : "disable";
          edit({ label, name: nameAt(list[0] ?? -1), count: list.length }, ({ pipeline }) => {
            for (const at of list) {
              const target = pipeline.steps[at];
              if (target) patchStep(target, { enabled: enabled ? undefined : false });
            }
          });
        },
        connect: (source, target) => {
          const list = steps();
          const meant = connection(list, source, target);
          const names = [nameAt(source), nameAt(target)];
          const what: Edit = { label: "inputs", name: nameAt(target), select: get().keys[target] };
          if (meant.kind === "loop") return { kind: "loop", names: meant.through.map(nameAt) };
          if (meant.kind === "already" || meant.kind === "self") return { kind: meant.kind, names };
          if (meant.kind === "add") {
            edit(what, ({ pipeline }) => {
              const reader = pipeline.steps[target];
              if (reader) reader.inputs = meant.inputs;
            });
            return { kind: "added", names };
          }
          const reader = list[target]?.step_name;
          reorder(what, meant.order, ({ pipeline }) => {
            const step = pipeline.steps.find((one) => one.step_name === reader);
            if (step && meant.inputs) step.inputs = meant.inputs;
          });
          return { kind: "moved", names };
        },
        disconnect: (source, target) =>
          edit({ label: "inputs", name: nameAt(target) }, ({ pipeline }) => {
            const reader = pipeline.steps[target];
            if (reader) reader.inputs = withoutInput(pipeline.steps, source, target);
          }),

        addStep: (position, role = "CodeGemma", place) => {
          const added: Step = {
            step_name: freeName(steps(), "new_step"),
            model_type: role,
            prompt: "",
            parameters: { ...ROLES[role].parameters },
          };
          put("add", position, [added], { place });
        },
        duplicateStep: (position) => get().duplicateSteps([position]),
        duplicateSteps: (positions) => {
          const list = steps();
          const originals = positions.toSorted((a, b) => a - b).flatMap((at) => list[at] ?? []);
          const after = Math.max(-1, ...positions) + 1;
          const from = originals.map((one) => one.step_name);
          put("duplicate", after, pastedSteps(list, originals, after), { from });
        },
        moveStep: (from, to) => {
          const list = steps();
          if (from === to || !list[from] || to < 0 || to >= list.length) return;
          const order = list.map((_, at) => at).filter((at) => at !== from);
          order.splice(to, 0, from);
          reorder({ label: "move", name: nameAt(from) }, order);
        },
        moveSteps: (positions, by) => {
          const order = steps().map((_, at) => at);
          const chosen = positions.toSorted((a, b) => (by < 0 ? a - b : b - a));
          for (const one of chosen) {
            const at = order.indexOf(one);
            const other = order[at + by];
            if (other === undefined || positions.includes(other)) continue;
            order[at] = other;
            order[at + by] = one;
          }
          if (order.some((one, at) => one !== at))
            reorder({ label: "move", name: nameAt(chosen[0] ?? -1), count: chosen.length }, order);
        },
        removeStep: (position) => get().removeSteps([position]),
        removeSteps: (positions) => {
          const { keys, selected } = get();
          const gone = new Set(positions.filter((at) => keys[at] !== undefined));
          if (gone.size === 0) return;
          const last = Math.max(...gone);
          const left = (_: unknown, at: number) => !gone.has(at);
          const near = keys[last + 1] ?? keys.slice(0, last).filter(left).at(-1) ?? "context";
          const select = gone.has(keys.indexOf(selected)) ? near : selected;
          const what: Edit = { label: "remove", name: nameAt(Math.min(...gone)), count: gone.size, select };
          edit(what, (content) => {
            const { pipeline } = content;
            const existed = new Set(pipeline.steps.map((one) => one.step_name));
            pipeline.steps = pipeline.steps.filter(left);
            content.keys = content.keys.filter(left);
            dropPlaces(pipeline);
            return repairInputs(pipeline.steps, existed);
          });
        },
        restoreStep: (position, restored, key) => put("add", position, [restored], { keys: [key] }),
        copySteps: (positions) =>
          stepsText(positions.toSorted((a, b) => a - b).flatMap((at) => steps()[at] ?? [])),
        pasteSteps: (text, position) => {
          const list = steps();
          const found = stepsIn(text);
          if (!found || !get().pipeline) return false;
          const { keys, chosen } = get();
          const after = Math.max(-1, ...chosen.map((key) => keys.indexOf(key))) + 1;
          const at = position ?? (chosen.length > 0 ? after : list.length);
          put("paste", at, pastedSteps(list, found, at), { from: found.map((one) => one.step_name) });
          return true;
        },
        setPositions: (places, names = Object.keys(places)) => {
          const merge = `positions.${names}`;
          edit({ label: "positions", name: names[0], count: names.length, merge }, ({ pipeline }) => {
            setPlaces(pipeline, places);
          });
        },
        autoLayout: () =>
          edit({ label: "layout" }, ({ pipeline }) => {
            if (Object.keys(placesOf(pipeline)).length === 0) return;
            const { canvas: _, ...metadata } = pipeline.metadata ?? {};
            if (Object.keys(metadata).length > 0) pipeline.metadata = metadata;
            else delete pipeline.metadata;
          }),

        exportHistory: () => {
          const { pipeline, keys, selected, past, future } = get();
          return pipeline ? exportedHistory({ pipeline, keys }, selected, { past, future }) : null;
        },
        importHistory: (json) => {
          const { pipeline } = get();
          const history = pipeline && importedHistory(pipeline, json);
          if (!history) return false;
          set({ ...history, chosen: onlyStep(history.selected), heldNames: {} });
          return true;
        },
      };
    },
    {
      name: "brickwork.draft",
      storage: createJSONStorage(() => localStorage),
      partialize: ({ pipeline, keys, selected, documentId }) => ({ pipeline, keys, selected, documentId }),
    },
  ),
);

const onlyStep = (selected: Selection): string[] =>
  selected === "context" || selected === "assembler" ? [] : [selected];

const toldOf = ({ label, name, count, lost }: Entry) => ({ label, name, count, lost });
