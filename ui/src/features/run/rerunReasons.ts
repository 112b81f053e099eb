// Why a step runs again, in words.
import type { RerunReason, RerunReasonCode, RerunStep } from "@/api/watch";
import { m } from "@/paraglide/messages.js";
import { getLocale } from "@/paraglide/runtime.js";

const WORDS: Record<RerunReasonCode, (detail: string) => string> = {
  asked: () => m.rerun_because_asked(),
  new_step: () => m.rerun_because_new(),
  not_finished: () => m.rerun_because_not_finished(),
  model_changed: () => m.rerun_because_model(),
  parameters_changed: () => m.rerun_because_parameters(),
  gate_changed: () => m.rerun_because_gate(),
  mode_changed: () => m.rerun_because_mode(),
  role_changed: () => m.rerun_because_role(),
  prompt_changed: () => m.rerun_because_prompt(),
  context_changed: () => m.rerun_because_context(),
  files_changed: () => m.rerun_because_files(),
  inputs_changed: () => m.rerun_because_inputs(),
  input_runs_again: (name) => (name ? m.rerun_because_input({ name }) : m.rerun_because_some_input()),
  output_edited_input: (name) => (name ? m.rerun_because_edited({ name }) : m.rerun_because_some_edited()),
};

/** The name by which a step is shown. */
export const shownName = (name: string) => (name === "assembler" ? "Assembler" : name);

export function reasonText({ code, detail }: RerunReason): string {
  // A reason that this page does not know is told as its code rather than not at all.
  return WORDS[code]?.(shownName(detail ?? "")) ?? code;
}

/** Every reason of the step as one line. */
export function whyItRuns(step: RerunStep): string {
  const reasons = [...new Set(step.reasons.map(reasonText))];
  return reasons.length > 0 ? m.runs_again_because({ reasons: listed(reasons) }) : m.runs_again();
}

const listed = (reasons: string[]) =>
  new Intl.ListFormat(getLocale(), { type: "conjunction" }).format(reasons);
