// Which earlier outputs a step reads, and how that stays true when steps are renamed, moved and deleted. A step without `inputs` reads
// every enabled step before it; one with `inputs` reads exactly those of them that are before it and enabled.
import type { Step } from "@/api/types";
import type { LostInput } from "./history";

export const isEnabled = (step: Step): boolean => step.enabled !== false;

/** Positions of the steps whose outputs the step at `position` reads; `steps.length` stands for the Assembler, which reads all. */
export function readsOf(steps: Step[], position: number): number[] {
  const inputs = steps[position]?.inputs;
  const read: number[] = [];
  for (let at = 0; at < Math.min(position, steps.length); at++) {
    const step = steps[at];
    if (step && isEnabled(step) && (!inputs || inputs.includes(step.step_name))) read.push(at);
  }
  return read;
}

/** Takes away inputs that name no earlier step any more; `existed` tells which names are steps, so that typing errors stay as they are. */
export function repairInputs(steps: Step[], existed: ReadonlySet<string>): LostInput[] {
  const lost: LostInput[] = [];
  const before = new Set<string>();
  for (const step of steps) {
    if (step.inputs) {
      const gone = step.inputs.filter((name) => existed.has(name) && !before.has(name));
      if (gone.length > 0) {
        step.inputs = step.inputs.filter((name) => !gone.includes(name));
        lost.push(...gone.map((input) => ({ step: step.step_name, input })));
      }
    }
    before.add(step.step_name);
  }
  return lost;
}

export function renameInputs(steps: Step[], from: string, to: string): void {
  for (const step of steps) {
    if (step.inputs?.includes(from)) step.inputs = step.inputs.map((name) => (name === from ? to : name));
  }
}

/** What drawing a connection from one step's output to another's input means. */
export type Connection =
  | { kind: "already" }
  | { kind: "self" }
  | { kind: "loop"; through: number[] }
  | { kind: "add"; inputs: string[] }
  /** The source comes later: it and what it needs of the later steps go before the target. `order` lists old positions. */
  | { kind: "reorder"; order: number[]; inputs: string[] | null };

export function connection(steps: Step[], source: number, target: number): Connection {
  const from = steps[source];
  const to = steps[target];
  if (!from || !to || source === target) return { kind: "self" };
  if (source < target) {
    const inputs = to.inputs;
    if (!inputs || inputs.includes(from.step_name)) return { kind: "already" };
    return { kind: "add", inputs: inOrder(steps, [...inputs, from.step_name]) };
  }
  const moving = new Set([source]);
  for (let at = source; at > target; at--) {
    if (!moving.has(at)) continue;
    for (const name of steps[at]?.inputs ?? []) {
      const needed = steps.findIndex((step, place) => place < at && step.step_name === name);
      if (needed >= target) moving.add(needed);
    }
  }
  if (moving.has(target)) return { kind: "loop", through: [...moving].filter((at) => at !== target) };
  const all = steps.map((_, at) => at);
  const order = [
    ...all.filter((at) => at < target),
    ...all.filter((at) => moving.has(at)),
    ...all.filter((at) => at >= target && !moving.has(at)),
  ];
  return { kind: "reorder", order, inputs: to.inputs ? [...to.inputs, from.step_name] : null };
}

/** The inputs that are left when the step at `target` no longer reads the one at `source`. */
export function withoutInput(steps: Step[], source: number, target: number): string[] {
  const name = steps[source]?.step_name;
  return readNames(steps, target).filter((one) => one !== name);
}

/** Names that the step at `position` reads, disabled steps included, so that enabling one brings its output back. */
function readNames(steps: Step[], position: number): string[] {
  return steps[position]?.inputs ?? steps.slice(0, position).map((step) => step.step_name);
}

function inOrder(steps: Step[], names: string[]): string[] {
  const place = (name: string) => steps.findIndex((step) => step.step_name === name);
  return names.toSorted((a, b) => place(a) - place(b));
}
