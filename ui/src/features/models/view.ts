// What of the models' screen is open, kept while other screens are; and the import, which can also begin elsewhere in the window.
import { create } from "zustand";

export const PARTS = ["roles", "files", "get"] as const;
export type Part = (typeof PARTS)[number];

interface ModelsView {
  part: Part;
  /** The path with which the import dialog is open, empty while none is chosen; null while it is closed. */
  importing: string | null;
}

export const useModelsView = create<ModelsView>()(() => ({ part: "roles", importing: null }));

export const showPart = (part: Part) => useModelsView.setState({ part });

/** Opens the list of files and over it the import of the file or folder at `path`. */
export const beginImport = (path = "") => useModelsView.setState({ part: "files", importing: path });

export const endImport = () => useModelsView.setState({ importing: null });
