// The steps' latest pieces: what the final files are without the Assembler. The same rule as the program's, which sends only the list
// that stands at present.
import type { Artifact, RunView } from "@/api/types";
import { isWithoutModel } from "./held";

/** Kinds that say how to use code rather than being it. Unnamed ones of earlier steps are not carried along. */
const PASSING_KINDS = new Set(["sh", "txt", "md", "diff"]);

/** The latest piece of each file over all steps, in the order of the files' first appearance; case of names does not count. */
export function latestPieces(steps: Artifact[][]): Artifact[] {
  const last = steps.findLastIndex((step) => step.length > 0);
  const pieces = new Map<string, Artifact>();
  steps.forEach((step, position) => {
    const later = new Set(steps.slice(position + 1).flatMap((other) => other.map((piece) => piece.type)));
    for (const piece of step) {
      const passing = PASSING_KINDS.has(piece.type) && position !== last;
      // An unnamed piece has no name by which a later one could follow it, so that its kind tells.
      if (!piece.named && (passing || later.has(piece.type))) continue;
      pieces.set(piece.name.toLowerCase(), piece);
    }
  });
  return [...pieces.values()];
}

/** What the final files can be: what the Assembler wrote, or the steps' latest pieces. */
export interface FinalCandidates {
  assembler: Artifact[];
  steps: Artifact[];
}

/** Both candidates; undefined unless the run ended well with files of both kinds. */
export function finalCandidates(run: RunView): FinalCandidates | undefined {
  if (run.status !== "SUCCESS" || isWithoutModel(run, run.assembler)) return undefined;
  const sent = run.final_artifacts_from === "steps" && !run.final_artifacts_edited;
  const steps = sent ? run.final_artifacts : latestPieces(run.steps.map((step) => step.artifacts));
  const assembler = run.assembler.artifacts;
  return steps.length > 0 && assembler.length > 0 ? { assembler, steps } : undefined;
}
