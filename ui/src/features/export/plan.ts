// Which files of an export plan are written.
import type { ExportAction, ExportPlan } from "@/api/types";

/** Whether a file can be written at all; the same content needs no writing. */
export function isWritable(action: ExportAction): boolean {
  return action === "new" || action === "changed" || action === "conflict";
}

/** The names to write: new and changed ones unless taken out, files edited by someone else only when picked. */
export function chosenNames(plan: ExportPlan, picks: Record<string, boolean>): string[] {
  return plan.files
    .filter((file) => isWritable(file.action) && (picks[file.name] ?? file.action !== "conflict"))
    .map((file) => file.name);
}

/** Whether writing `names` replaces a file that Brickwork did not write last. */
export function overwrites(plan: ExportPlan, names: string[]): boolean {
  return plan.files.some((file) => file.action === "conflict" && names.includes(file.name));
}
