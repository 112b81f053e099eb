// The project that the window works in. What starts a run or lists something asks here, so that they all mean the same one.
import { create } from "zustand";

const REMEMBERED = "brickwork.project";

/** The default project's id, fixed by the orchestrator. */
export const DEFAULT_PROJECT = "550e8400-e29b-41d4-a716-446655440000";

interface Chosen {
  /** The project that was chosen last; it may have been deleted since. */
  id: string;
  choose: (id: string) => void;
}

export const useChosenProject = create<Chosen>()((set) => ({
  id: localStorage.getItem(REMEMBERED) ?? DEFAULT_PROJECT,
  choose: (id) => {
    localStorage.setItem(REMEMBERED, id);
    set({ id });
  },
}));

/** The chosen one of the projects there are; the first when it has gone. Undefined when there are none. */
export function chosenOf<T extends { id: string }>(projects: readonly T[], id: string): T | undefined {
  return projects.find((project) => project.id === id) ?? projects[0];
}
