// What was edited, undone and done again, in words.
import { m } from "@/paraglide/messages.js";
import type { Said } from "../draft";
import type { EditLabel } from "./history";

const SEVERAL: Partial<Record<EditLabel, (count: number) => string>> = {
  add: (count) => m.edit_add_many({ count }),
  duplicate: (count) => m.edit_duplicate_many({ count }),
  paste: (count) => m.edit_paste_many({ count }),
  move: (count) => m.edit_move_many({ count }),
  remove: (count) => m.edit_remove_many({ count }),
  enable: (count) => m.edit_enable_many({ count }),
  disable: (count) => m.edit_disable_many({ count }),
  positions: (count) => m.edit_positions_many({ count }),
};

const ONE: Record<EditLabel, (name: string) => string> = {
  rename: (name) => m.edit_rename({ name }),
  details: () => m.edit_details(),
  context: () => m.edit_context(),
  assembler: () => m.edit_assembler(),
  name: (name) => m.edit_name({ name }),
  role: (name) => m.edit_role({ name }),
  prompt: (name) => m.edit_prompt({ name }),
  parameters: (name) => m.edit_parameters({ name }),
  step_context: (name) => m.edit_step_context({ name }),
  files: (name) => m.edit_files({ name }),
  gate: (name) => m.edit_gate({ name }),
  pause: (name) => m.edit_pause({ name }),
  step: (name) => m.edit_step({ name }),
  add: (name) => m.edit_add({ name }),
  duplicate: (name) => m.edit_duplicate({ name }),
  paste: (name) => m.edit_paste({ name }),
  move: (name) => m.edit_move({ name }),
  remove: (name) => m.edit_remove({ name }),
  enable: (name) => m.edit_enable({ name }),
  disable: (name) => m.edit_disable({ name }),
  inputs: (name) => m.edit_inputs({ name }),
  positions: (name) => m.edit_positions({ name }),
  layout: () => m.edit_layout(),
  replace: (name) => m.edit_replace({ name }),
};

/** The edit as a noun phrase, e.g. "prompt of analyze". */
export function editText({ label, name, count }: Pick<Said, "label" | "name" | "count">): string {
  const several = count > 1 ? SEVERAL[label] : undefined;
  return several ? several(count) : ONE[label](nodeName(name));
}

/** A step's name as it is read out; the fixed nodes have theirs from the catalogue. */
export function nodeName(name: string): string {
  if (name === "@context") return m.context_title();
  if (name === "@assembler") return m.assembler_title();
  return name === "" ? m.step_unnamed() : name;
}

export function saidText(said: Said): string {
  const edit = editText(said);
  if (said.kind === "undid") return m.said_undid({ edit });
  return said.kind === "redid" ? m.said_redid({ edit }) : m.said_did({ edit });
}

/** Which inputs an edit took away; undefined when none. */
export function lostText({ lost }: Pick<Said, "lost">): string | undefined {
  if (lost.length === 0) return undefined;
  const [first] = lost;
  if (first && lost.length === 1) return m.lost_input(first);
  return m.lost_inputs({ steps: [...new Set(lost.map(({ step }) => step))].join(", ") });
}
