// Whether the panel is open in which a text of any model is read for files. It stands in the shell, and is opened from any screen.
import { create } from "zustand";
import type { EarlierFile } from "@/api/types";

interface Pasting {
  /** The files that edits in the text may be of; null while the panel is closed. */
  earlier: EarlierFile[] | null;
  open: (earlier?: EarlierFile[]) => void;
  close: () => void;
}

export const usePasting = create<Pasting>()((set) => ({
  earlier: null,
  open: (earlier = []) => set({ earlier }),
  close: () => set({ earlier: null }),
}));
