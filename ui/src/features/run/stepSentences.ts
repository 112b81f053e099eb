// What the router's records of a step say, as sentences in the window's language.
import type { GateFinding, PatchReport } from "@/api/types";
import { m } from "@/paraglide/messages.js";

/** A finding in two parts: what this window can say, and the router's own words, which are English. */
export function findingText({ kind, artifact, line, message }: GateFinding): { own: string; told?: string } {
  if (kind === "no_artifact") return { own: m.finding_no_artifact() };
  if (kind === "cut_off" && artifact) return { own: m.finding_cut_off({ name: artifact }) };
  if (artifact && line != null)
    return { own: m.finding_at({ name: artifact, line: String(line) }), told: message };
  return { own: artifact && kind !== "edit" ? m.finding_in({ name: artifact }) : "", told: message };
}

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
