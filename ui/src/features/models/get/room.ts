// Whether a model that is not here yet would fit into this machine's memory. What it takes is only about known before its header is read.
import type { CatalogFileView, CatalogModelView } from "@/api/getModels";
import type { FitView } from "@/api/models";

/** Of the machine's memory and of the cards that have their own, in bytes. */
export interface Room {
  /** Now; models that are loaded give way. */
  free: number;
  total: number;
}

/** `fits` now; `later` when other programs have given memory back; `never` on this machine. */
export type Verdict = "fits" | "later" | "never" | "unknown";

/** What the system and other programs keep of the whole memory. */
const USABLE = 0.9;
/** What a model takes beside its weights, where nothing better is known: context, intermediate results, the worker. */
const BESIDE = 1.1;
const BESIDE_BYTES = 300e6;

export function roomOf(fit: FitView | undefined): Room | undefined {
  const { available_bytes, total_bytes, held_bytes = 0 } = fit?.machine ?? {};
  if (!fit || available_bytes == null || total_bytes == null) return undefined;
  const cards = fit.devices.filter(({ kind }) => kind === "gpu");
  const sum = (of: "memory_free_bytes" | "memory_total_bytes") =>
    cards.reduce((bytes, card) => bytes + card[of], 0);
  return {
    free: Math.min(available_bytes + held_bytes, total_bytes) + sum("memory_free_bytes"),
    total: total_bytes * USABLE + sum("memory_total_bytes"),
  };
}

export const needOf = (size_bytes: number): number => size_bytes * BESIDE + BESIDE_BYTES;

export const needOfFile = ({ memory_bytes, size_bytes }: CatalogFileView): number =>
  memory_bytes ?? needOf(size_bytes);

export function verdictOf(needed: number, room: Room | undefined): Verdict {
  if (!room) return "unknown";
  if (needed <= room.free) return "fits";
  return needed <= room.total ? "later" : "never";
}

/** In the order of the files, from small to large. */
export const recommendedOf = ({ files, recommended_file }: CatalogModelView): CatalogFileView | undefined =>
  files.find(({ id }) => id === recommended_file) ?? files[0];

/** The form to begin with: the recommended one unless a smaller one fits and that does not. */
export function firstChoice(entry: CatalogModelView, room: Room | undefined): CatalogFileView | undefined {
  const here = entry.files.find(({ present }) => present);
  const recommended = recommendedOf(entry);
  if (here || !recommended || verdictOf(needOfFile(recommended), room) !== "never")
    return here ?? recommended;
  const fitting = entry.files.filter((file) => verdictOf(needOfFile(file), room) !== "never");
  return fitting.at(-1) ?? recommended;
}
