import type { PatchReport } from "@/api/types";
import { m } from "@/paraglide/messages.js";

/** What became of an edit of an earlier file, or of a reference to one. */
export function patchText(patch: PatchReport): string {
  const name = patch.name ?? m.patch_of_nothing();
  if (patch.outcome === "applied") return m.patch_applied({ name });
  if (patch.outcome === "created") return m.patch_created({ name });
  if (patch.outcome === "expanded") return m.patch_expanded({ name });
  const { fault } = patch;
  switch (fault.kind) {
    case "unnamed":
      return m.patch_unnamed({ name });
    case "no_such_file":
      return m.patch_no_such_file({ name });
    case "bad_name":
      return m.patch_bad_name({ name });
    case "not_found":
      return m.patch_not_found({ name, hunk: String(fault.hunk) });
    case "ambiguous":
      return m.patch_ambiguous({ name, hunk: String(fault.hunk), places: String(fault.places) });
    case "deletes":
      return m.patch_deletes({ name });
    case "cut":
      return m.patch_cut({ name });
    case "too_long":
      return m.patch_too_long({ name });
  }
}
