// Steps by themselves: free names, and the text in which they travel through the clipboard.
import type { Json, Step } from "@/api/types";
import { ROLES, STEP_ROLES } from "@/components/roles";

/** Longest name of a step, in characters. */
const NAME_LIMIT = 64;

/** `base`, or `base_2`, `base_3`… when a step of that name exists. */
export function freeName(steps: { step_name: string }[], base: string): string {
  const names = new Set(steps.map((step) => step.step_name));
  const stem = base.replace(/_\d+$/, "").slice(0, NAME_LIMIT - 6);
  if (!names.has(base)) return base;
  for (let count = 2; ; count++) if (!names.has(`${stem}_${count}`)) return `${stem}_${count}`;
}

interface Copied {
  brickwork: "steps";
  steps: Step[];
}

export function stepsText(steps: Step[]): string {
  const copied: Copied = { brickwork: "steps", steps };
  return JSON.stringify(copied, null, 2);
}

/** The steps that a text holds: what [`stepsText`] wrote, a whole pipeline, a list of steps, or one step. Null for anything else. */
export function stepsIn(text: string): Step[] | null {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return null;
  }
  const held = (value as { steps?: Json } | null)?.steps;
  const list = Array.isArray(value) ? value : Array.isArray(held) ? held : [value];
  return list.length > 0 && list.every(isStep) ? (list as unknown as Step[]) : null;
}

function isStep(value: Json): boolean {
  const step = value as Partial<Step> | null;
  return (
    typeof step === "object" &&
    typeof step?.step_name === "string" &&
    typeof step.prompt === "string" &&
    step.model_type !== undefined &&
    STEP_ROLES.includes(step.model_type) &&
    step.model_type in ROLES
  );
}

/** Copies of `pasted` under free names. Inputs follow copies that came along, and otherwise name a step of that name in `steps`. */
export function pastedSteps(steps: Step[], pasted: Step[], position: number): Step[] {
  const renamed = new Map<string, string>();
  const taken = steps.map(({ step_name }) => ({ step_name }));
  const copies = pasted.map((step) => {
    const step_name = freeName(taken, step.step_name);
    taken.push({ step_name });
    renamed.set(step.step_name, step_name);
    return { ...structuredClone(step), step_name };
  });
  const earlier = new Set(steps.slice(0, position).map((step) => step.step_name));
  return copies.map((step, at) => {
    if (!step.inputs) return step;
    const siblings = new Set(copies.slice(0, at).map((copy) => copy.step_name));
    const inputs = step.inputs
      .map((name) => renamed.get(name) ?? name)
      .filter((name) => siblings.has(name) || earlier.has(name));
    return { ...step, inputs };
  });
}
