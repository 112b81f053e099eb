// What a gate found, as sentences in the window's language.
import type { GateFinding } from "@/api/types";
import { m } from "@/paraglide/messages.js";

/** A finding in two parts: what this window can say, and the router's own words, which are English. */
export function findingText({ kind, artifact, line, message }: GateFinding): { own: string; told?: string } {
  if (kind === "no_artifact") return { own: m.finding_no_artifact() };
  if (kind === "no_json") return { own: m.finding_no_json() };
  if (kind === "cut_off" && artifact) return { own: m.finding_cut_off({ name: artifact }) };
  if (artifact && line != null)
    return { own: m.finding_at({ name: artifact, line: String(line) }), told: message };
  return { own: artifact && kind !== "edit" ? m.finding_in({ name: artifact }) : "", told: message };
}
