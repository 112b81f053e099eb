// What the Design screen shows besides the pipeline itself: the way of looking at it, and what the user is doing with it right now.
import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";
import type { Diagnostic } from "@/api/types";

export type Look = "canvas" | "outline";

interface View {
  /** Null until the user chooses: then the width of the window decides. */
  look: Look | null;
  /** Null until the user chooses: then it is shown for pipelines that are too long for one look. */
  minimap: boolean | null;
  snap: boolean;
  drawer: boolean;
  /** Key of the step whose name is being edited in place. */
  renaming: string | null;
  /** Node under the pointer. */
  hovered: string | null;
  /** Nodes whose outputs the hovered or selected node reads. */
  read: ReadonlySet<string>;
  /** Faults by the id of the node that shows them. */
  problems: Record<string, Diagnostic[]>;
  setLook: (look: Look) => void;
  setMinimap: (minimap: boolean) => void;
  toggle: (what: "snap" | "drawer") => void;
  rename: (key: string | null) => void;
}

export const useView = create<View>()(
  persist(
    (set, get) => ({
      look: null,
      minimap: null,
      snap: true,
      drawer: true,
      renaming: null,
      hovered: null,
      read: new Set(),
      problems: {},
      setLook: (look) => set({ look }),
      setMinimap: (minimap) => set({ minimap }),
      toggle: (what) => set({ [what]: !get()[what] }),
      rename: (renaming) => set({ renaming }),
    }),
    {
      name: "brickwork.canvas",
      storage: createJSONStorage(() => localStorage),
      partialize: ({ look, minimap, snap, drawer }) => ({ look, minimap, snap, drawer }),
    },
  ),
);

/** Steps from which on the map is shown unless the user hides it. */
const MAP_FROM = 7;

export const useMinimap = (steps: number): boolean => useView((view) => view.minimap ?? steps >= MAP_FROM);

/** Duration in ms of a movement of the view; none where the user asks for less motion. */
export function motion(ms: number): number {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms;
}
