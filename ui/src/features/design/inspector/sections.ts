// Which parts of the inspector are open. They stay as the user left them, for every step and over restarts.
import { create } from "zustand";
import { createJSONStorage, persist } from "zustand/middleware";
import { keepAtTop } from "../scroll";

export const SECTIONS = ["prompt", "context", "parameters", "gate", "inputs", "files", "preview"] as const;
/** The parts of a step, and the one that only the Assembler has. */
export type SectionName = (typeof SECTIONS)[number] | "join";

interface Sections {
  open: Record<SectionName, boolean>;
  toggle: (name: SectionName) => void;
  /** Opens a part and brings it into view. */
  show: (name: SectionName) => void;
}

export const useSections = create<Sections>()(
  persist(
    (set) => ({
      open: {
        join: true,
        prompt: true,
        context: true,
        parameters: true,
        gate: true,
        inputs: true,
        files: true,
        preview: false,
      },
      toggle: (name) => set(({ open }) => ({ open: { ...open, [name]: !open[name] } })),
      show: (name) => {
        set(({ open }) => ({ open: { ...open, [name]: true } }));
        // The part must be drawn before it can be scrolled to.
        requestAnimationFrame(() => keepAtTop(document.getElementById(`inspector-${name}`)));
      },
    }),
    {
      name: "brickwork.inspector",
      storage: createJSONStorage(() => localStorage),
      partialize: ({ open }) => ({ open }),
      merge: (kept, now) => ({ ...now, open: { ...now.open, ...(kept as Partial<Sections>)?.open } }),
    },
  ),
);
