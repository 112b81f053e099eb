// Which files of an export plan are written, and under which names.
import type { ExportAction, ExportPreview } from "@/api/watch";

/** Whether a file can be written at all; the same content needs no writing. */
export function isWritable(action: ExportAction): boolean {
  return action === "new" || action === "changed" || action === "conflict";
}

/** The names to write: new and changed ones unless taken out, files edited by someone else only when picked. */
export function chosenNames(plan: ExportPreview, picks: Record<string, boolean>): string[] {
  return plan.files
    .filter((file) => isWritable(file.action) && (picks[file.name] ?? file.action !== "conflict"))
    .map((file) => file.name);
}

/** Whether writing `names` replaces a file that Brickwork did not write last. */
export function overwrites(plan: ExportPreview, names: string[]): boolean {
  return plan.files.some((file) => file.action === "conflict" && names.includes(file.name));
}

/** The name in the run of the file that is called `name` in the plan. */
export function originalName(renamed: Record<string, string>, name: string): string {
  return Object.entries(renamed).find(([, to]) => to === name)?.[0] ?? name;
}

/** The record without one name. */
export function withoutName<T>(record: Record<string, T>, name: string): Record<string, T> {
  const { [name]: _gone, ...rest } = record;
  return rest;
}
