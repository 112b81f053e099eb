// Places the router's diagnostics on the cards of the flow.
import type { Diagnostic } from "@/api/types";
import type { Selection } from "./draft";

/** Position of the step that a JSON path such as `$.steps[2].prompt` lies in. */
export function stepOf(path: string): number | undefined {
  const match = /\.steps\[(\d+)\]/.exec(path);
  return match ? Number(match[1]) : undefined;
}

/** The card that shows a diagnostic. */
export function cardOf(path: string, keys: string[]): Selection {
  const position = stepOf(path);
  if (position !== undefined) return keys[position] ?? "context";
  return ofAssembler(path) ? "assembler" : "context";
}

function ofAssembler(path: string): boolean {
  return /^\$\.assembler\b/.test(path);
}

export function problemsOfAssembler(diagnostics: Diagnostic[]): Diagnostic[] {
  return diagnostics.filter((diagnostic) => ofAssembler(diagnostic.path));
}

/** What lies neither in a step nor in the Assembler: name, contexts, and the pipeline as a whole. */
export function problemsOfContext(diagnostics: Diagnostic[]): Diagnostic[] {
  return diagnostics.filter(({ path }) => stepOf(path) === undefined && !ofAssembler(path));
}

export function problemsOfStep(diagnostics: Diagnostic[], position: number): Diagnostic[] {
  return diagnostics.filter((diagnostic) => stepOf(diagnostic.path) === position);
}
