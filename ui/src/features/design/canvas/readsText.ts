import type { Step } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { readsOf } from "./inputs";

/** What a step reads, in words. */
export function readsText(steps: Step[], position: number): string {
  const read = readsOf(steps, position);
  if (read.length === 0) return m.reads_context();
  if (!steps[position]?.inputs) return m.reads_before({ count: read.length });
  return m.reads_named({ names: read.map((at) => steps[at]?.step_name).join(", ") });
}
