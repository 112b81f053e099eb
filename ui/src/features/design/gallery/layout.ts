// A pipeline drawn small: where each step stands, and which outputs it reads.
import type { Pipeline, Role } from "@/api/types";
import { readSteps } from "../variables";

export interface MiniNode {
  role: Role;
  name: string;
  /** Column and row from 0. */
  column: number;
  row: number;
}

export interface MiniLayout {
  nodes: MiniNode[];
  /** Pairs of places in `nodes`. */
  edges: [from: number, to: number][];
  columns: number;
  rows: number;
}

/** Steps in columns by the longest way to them, and the Assembler after them all. Steps that do not run are left out. */
export function miniLayout({ steps }: Pick<Pipeline, "steps">): MiniLayout {
  const nodes: MiniNode[] = [];
  const edges: [number, number][] = [];
  const placeOf = new Map<number, number>();
  const filled: number[] = [];
  const put = (role: Role, name: string, column: number) => {
    const row = filled[column] ?? 0;
    filled[column] = row + 1;
    return nodes.push({ role, name, column, row }) - 1;
  };
  for (const [at, step] of steps.entries()) {
    if (step.enabled === false) continue;
    const read = readSteps(steps, at).flatMap((one) => placeOf.get(one) ?? []);
    const column = Math.max(-1, ...read.map((one) => nodes[one]?.column ?? 0)) + 1;
    const place = put(step.model_type, step.step_name, column);
    placeOf.set(at, place);
    edges.push(...nearest(read, edges).map((one): [number, number] => [one, place]));
  }
  const open = nodes.flatMap((_, place) => (edges.some(([from]) => from === place) ? [] : [place]));
  const last = put("Assembler", "assembler", filled.length);
  edges.push(...open.map((one): [number, number] => [one, last]));
  return { nodes, edges, columns: filled.length, rows: Math.max(...filled) };
}

/** Those of `read` that no other of them reads: drawing every edge of a chain would hide the chain. */
function nearest(read: number[], edges: [number, number][]): number[] {
  return read.filter((one) => !edges.some(([from, to]) => from === one && read.includes(to)));
}
