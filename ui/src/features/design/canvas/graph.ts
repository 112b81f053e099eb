// The picture of what reads what: a small set of lines from which every step's sources can be told.
import type { Step } from "@/api/types";
import { isEnabled, readsOf } from "./inputs";

/**
 * `chain`: read by default, along with everything before it. `input`: named by the reader. `off`: one end of it does not run.
 * `start`: what reads no output begins at the context. `end`: into the Assembler. `seen`: read by default but not drawn unless asked for.
 */
export type LinkKind = "chain" | "input" | "off" | "start" | "end" | "seen";

export interface Link {
  id: string;
  source: string;
  target: string;
  kind: LinkKind;
}

const link = (source: string, target: string, kind: LinkKind): Link => ({
  id: `${source}>${target}`,
  source,
  target,
  kind,
});

/**
 * The lines to draw. A step with `inputs` gets exactly those; one without gets a line from each earlier step that nothing before it has
 * read yet, since through those it sees the others; the Assembler gets the same of all steps.
 */
export function linksOf(steps: Step[], keys: string[]): Link[] {
  const links: Link[] = [];
  let unread: number[] = [];
  const key = (at: number) => keys[at] ?? String(at);
  steps.forEach((step, at) => {
    const off = !isEnabled(step);
    const named = step.inputs
      ? steps.flatMap((earlier, place) =>
          place < at && step.inputs?.includes(earlier.step_name) ? [place] : [],
        )
      : unread;
    for (const place of named) {
      const dead = off || !isEnabled(steps[place] as Step);
      links.push(link(key(place), key(at), dead ? "off" : step.inputs ? "input" : "chain"));
    }
    if (named.length === 0) links.push(link("context", key(at), off ? "off" : "start"));
    if (off) return;
    const read = new Set(readsOf(steps, at));
    unread = [...unread.filter((place) => !read.has(place)), at];
  });
  for (const place of unread) links.push(link(key(place), "assembler", "end"));
  if (unread.length === 0) links.push(link("context", "assembler", "start"));
  return links;
}

/** The lines for what the node `target` reads beyond what `drawn` shows. */
export function seenLinks(steps: Step[], keys: string[], target: string, drawn: Link[]): Link[] {
  const position = target === "assembler" ? steps.length : keys.indexOf(target);
  if (position < 0) return [];
  const there = new Set(drawn.map(({ id }) => id));
  return readsOf(steps, position)
    .map((at) => link(keys[at] ?? "", target, "seen"))
    .filter(({ id }) => !there.has(id));
}
