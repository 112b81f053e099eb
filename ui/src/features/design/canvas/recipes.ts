// Changes of a pipeline that several edits share. Each works in place, on the copy that an edit is made on.
import type { Pipeline } from "@/api/types";
import { ASSEMBLER_PLACE, CONTEXT_PLACE, type Places, placesOf } from "./history";
import { renameInputs } from "./inputs";

/** Distance in px from a step to its copy. */
const COPY_OFFSET = 40;

/** Sets fields; one that is undefined is left out. */
export function patchStep<T extends object>(target: T, patch: Partial<T>): void {
  for (const [field, value] of Object.entries(patch) as [keyof T, T[keyof T]][]) {
    if (value === undefined) delete target[field];
    else target[field] = value;
  }
}

/**
 * Lets inputs and places follow a step to its new name. While the new name is empty or another step's, they keep the last one that was
 * the step's alone, which is then answered; `held` is that of an earlier call.
 */
export function renameStep(
  pipeline: Pipeline,
  position: number,
  to: string,
  held: string | undefined,
): string | undefined {
  const from = held ?? pipeline.steps[position]?.step_name ?? "";
  const taken = pipeline.steps.some((step, at) => at !== position && step.step_name === to);
  if (taken || to === "") return from;
  const shared = pipeline.steps.some((step, at) => at !== position && step.step_name === from);
  if (from === to || from === "" || shared) return undefined;
  renameInputs(pipeline.steps, from, to);
  const { [from]: place, ...places } = placesOf(pipeline);
  if (place) writePlaces(pipeline, { ...places, [to]: place });
  return undefined;
}

/** Puts nodes in their places; the others keep theirs. */
export function setPlaces(pipeline: Pipeline, places: Places): void {
  const rounded = Object.entries(places).map(([name, [x, y]]) => [name, [Math.round(x), Math.round(y)]]);
  writePlaces(pipeline, { ...placesOf(pipeline), ...Object.fromEntries(rounded) });
}

/** Gives a copy its place beside the original's, where that has one. */
export function copyPlace(pipeline: Pipeline, original: string, copy: string): void {
  const place = placesOf(pipeline)[original];
  if (place) setPlaces(pipeline, { [copy]: [place[0] + COPY_OFFSET, place[1] + COPY_OFFSET] });
}

/** Forgets the places of steps that are gone. */
export function dropPlaces(pipeline: Pipeline): void {
  const names = new Set([CONTEXT_PLACE, ASSEMBLER_PLACE, ...pipeline.steps.map((step) => step.step_name)]);
  const all = Object.entries(placesOf(pipeline));
  const kept = all.filter(([name]) => names.has(name));
  if (kept.length < all.length) writePlaces(pipeline, Object.fromEntries(kept));
}

function writePlaces(pipeline: Pipeline, places: Places): void {
  pipeline.metadata = { ...pipeline.metadata, canvas: places };
}
