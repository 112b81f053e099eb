// The pipeline being designed. Editor state only: what it holds is saved in the browser's own storage until the store keeps drafts.
import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";
import type { AssemblerSettings, Context, Pipeline, Step } from "@/api/types";
import { ROLES } from "@/components/roles";

/** What the inspector shows: a step by its key, or one of the two fixed cards. */
export type Selection = "context" | "assembler" | (string & {});

interface Draft {
  pipeline: Pipeline | null;
  /** One stable key per step, in step order; positions change, keys do not. */
  keys: string[];
  selected: Selection;
  /** The gallery is open over the draft. */
  choosing: boolean;
  open: (pipeline: Pipeline) => void;
  choose: (choosing: boolean) => void;
  select: (selected: Selection) => void;
  rename: (name: string) => void;
  setContext: (context: Context) => void;
  /** Changes the Assembler; a field set to undefined goes back to what is built in. */
  editAssembler: (patch: Partial<AssemblerSettings>) => void;
  editStep: (position: number, patch: Partial<Step>) => void;
  addStep: (position: number) => void;
  duplicateStep: (position: number) => void;
  moveStep: (from: number, to: number) => void;
  removeStep: (position: number) => void;
  restoreStep: (position: number, step: Step, key: string) => void;
}

const newKey = (): string => crypto.randomUUID();

/** `list` with `items` put in at `position`. */
function inserted<T>(list: T[], position: number, ...items: T[]): T[] {
  return [...list.slice(0, position), ...items, ...list.slice(position)];
}

function moved<T>(list: T[], from: number, to: number): T[] {
  const rest = list.filter((_, index) => index !== from);
  return inserted(rest, to, list[from] as T);
}

/** `base`, or `base_2`, `base_3`… when a step of that name exists. */
export function freeName(steps: Step[], base: string): string {
  const names = new Set(steps.map((step) => step.step_name));
  const stem = base.replace(/_\d+$/, "").slice(0, 58);
  if (!names.has(base)) return base;
  for (let count = 2; ; count++) if (!names.has(`${stem}_${count}`)) return `${stem}_${count}`;
}

export const blankPipeline = (name: string): Pipeline => ({ name, steps: [], global_context: {} });

export const useDraft = create<Draft>()(
  persist(
    (set, get) => {
      /** Replaces the steps and their keys together; without a draft nothing happens. */
      const edit = (
        change: (steps: Step[], keys: string[]) => { steps: Step[]; keys?: string[]; selected?: Selection },
      ) => {
        const { pipeline, keys, selected } = get();
        if (!pipeline) return;
        const next = change(pipeline.steps, keys);
        set({
          pipeline: { ...pipeline, steps: next.steps },
          keys: next.keys ?? keys,
          selected: next.selected ?? selected,
        });
      };
      const put = (position: number, step: Step, key = newKey()) =>
        edit((steps, keys) => ({
          steps: inserted(steps, position, step),
          keys: inserted(keys, position, key),
          selected: key,
        }));
      return {
        pipeline: null,
        keys: [],
        selected: "context",
        choosing: false,
        open: (pipeline) =>
          set({ pipeline, keys: pipeline.steps.map(newKey), selected: "context", choosing: false }),
        choose: (choosing) => set({ choosing }),
        select: (selected) => set({ selected }),
        rename: (name) => {
          const { pipeline } = get();
          if (pipeline) set({ pipeline: { ...pipeline, name } });
        },
        setContext: (global_context) => {
          const { pipeline } = get();
          if (pipeline) set({ pipeline: { ...pipeline, global_context } });
        },
        editAssembler: (patch) => {
          const { pipeline } = get();
          if (!pipeline) return;
          const { assembler: old, ...rest } = pipeline;
          const kept = Object.entries({ ...old, ...patch }).filter(([, value]) => value !== undefined);
          const assembler: AssemblerSettings = Object.fromEntries(kept);
          set({ pipeline: kept.length > 0 ? { ...rest, assembler } : rest });
        },
        editStep: (position, patch) =>
          edit((steps) => ({
            steps: steps.map((step, at) => (at === position ? { ...step, ...patch } : step)),
          })),
        addStep: (position) => {
          const steps = get().pipeline?.steps ?? [];
          const parameters = { ...ROLES.CodeGemma.parameters };
          put(position, {
            step_name: freeName(steps, "new_step"),
            model_type: "CodeGemma",
            prompt: "",
            parameters,
          });
        },
        duplicateStep: (position) => {
          const steps = get().pipeline?.steps ?? [];
          const step = steps[position];
          if (step)
            put(position + 1, { ...structuredClone(step), step_name: freeName(steps, step.step_name) });
        },
        moveStep: (from, to) =>
          edit((steps, keys) =>
            to < 0 || to >= steps.length
              ? { steps }
              : { steps: moved(steps, from, to), keys: moved(keys, from, to) },
          ),
        removeStep: (position) =>
          edit((steps, keys) => ({
            steps: steps.filter((_, at) => at !== position),
            keys: keys.filter((_, at) => at !== position),
            selected: keys[position + 1] ?? keys[position - 1] ?? "context",
          })),
        restoreStep: put,
      };
    },
    {
      name: "brickwork.draft",
      storage: createJSONStorage(() => localStorage),
      partialize: ({ pipeline, keys, selected }) => ({ pipeline, keys, selected }),
    },
  ),
);

/** What `text` holds as a pipeline, or why it is none; the router's validation finds everything finer. */
export function parsePipeline(text: string): Pipeline | "json" | "shape" {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "json";
  }
  const pipeline = value as Partial<Pipeline> | null;
  const whole =
    typeof pipeline === "object" &&
    typeof pipeline?.name === "string" &&
    Array.isArray(pipeline.steps) &&
    pipeline.steps.every(
      (step) =>
        typeof step?.step_name === "string" && typeof step.prompt === "string" && step.model_type in ROLES,
    );
  return whole ? (pipeline as Pipeline) : "shape";
}
