// Two texts side by side: their lines in rows, what differs marked, what is the same foldable. Pure.
import { type Change, diffLines, diffWordsWithSpace } from "diff";

/** A stretch of a line. */
export interface Part {
  text: string;
  /** It is only on this side. */
  own: boolean;
}

export interface Line {
  /** From 1. */
  number: number;
  parts: Part[];
}

/** One row: the line on each side, where there is one. */
export interface Row {
  kind: "same" | "changed" | "removed" | "added";
  left?: Line;
  right?: Line;
}

/** How finely differences are marked. */
export type Grain = "word" | "line";

/** Edits after which two texts count as altogether different, so that a diff never takes long. */
const MOST_EDITS = 1500;
/** Characters of a line pair up to which its words are compared. */
const WORDS_UP_TO = 2000;

const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

/** The rows of both texts; a line that has changed stands beside what it was. */
export function diffRows(left: string, right: string, grain: Grain): Row[] {
  const options = { maxEditLength: MOST_EDITS };
  // Whether the last line has its newline is no difference that a reader looks for.
  const changes: Change[] = diffLines(ended(left), ended(right), options) ?? [
    { value: left, removed: true, added: false, count: 1 },
    { value: right, removed: false, added: true, count: 1 },
  ];
  const rows: Row[] = [];
  const at = { left: 0, right: 0 };
  const line = (side: "left" | "right", parts: Part[]): Line => {
    at[side] += 1;
    return { number: at[side], parts };
  };
  for (let index = 0; index < changes.length; index++) {
    const change = changes[index] as Change;
    if (!change.added && !change.removed) {
      for (const text of linesOf(change.value)) {
        const parts = [{ text, own: false }];
        rows.push({ kind: "same", left: line("left", parts), right: line("right", parts) });
      }
      continue;
    }
    const next = changes[index + 1];
    const paired = change.removed && next?.added ? next : undefined;
    if (paired) index += 1;
    const gone = change.removed ? linesOf(change.value) : [];
    const come = paired ? linesOf(paired.value) : change.added ? linesOf(change.value) : [];
    for (let row = 0; row < Math.max(gone.length, come.length); row++) {
      const [was, is] = [gone[row], come[row]];
      if (was !== undefined && is !== undefined) {
        const parts = pairParts(was, is, grain);
        rows.push({ kind: "changed", left: line("left", parts.left), right: line("right", parts.right) });
      } else if (was !== undefined)
        rows.push({ kind: "removed", left: line("left", [{ text: was, own: true }]) });
      else if (is !== undefined)
        rows.push({ kind: "added", right: line("right", [{ text: is, own: true }]) });
    }
  }
  return rows;
}

const ended = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

function pairParts(was: string, is: string, grain: Grain): { left: Part[]; right: Part[] } {
  const whole = { left: [{ text: was, own: true }], right: [{ text: is, own: true }] };
  if (grain === "line" || was.length + is.length > WORDS_UP_TO) return whole;
  const words = diffWordsWithSpace(was, is);
  return {
    left: words.filter((word) => !word.added).map((word) => ({ text: word.value, own: word.removed })),
    right: words.filter((word) => !word.removed).map((word) => ({ text: word.value, own: word.added })),
  };
}

/** Rows in view, or a stretch of identical ones that is folded away. */
export type Section =
  | { kind: "rows"; from: number; rows: Row[] }
  | { kind: "fold"; from: number; rows: Row[] };

/** Identical rows that stay in view before and after a difference. */
const AROUND = 3;
/** Fewest identical rows that are worth folding. */
const WORTH = 4;

/** The rows cut into what is shown and what is folded. */
export function folded(rows: Row[]): Section[] {
  const near = new Array<boolean>(rows.length).fill(false);
  rows.forEach((row, index) => {
    if (row.kind === "same") return;
    for (let other = Math.max(0, index - AROUND); other <= Math.min(rows.length - 1, index + AROUND); other++)
      near[other] = true;
  });
  const sections: Section[] = [];
  for (let from = 0; from < rows.length; ) {
    let to = from;
    while (to < rows.length && near[to] === near[from]) to++;
    const kind = near[from] || to - from < WORTH ? "rows" : "fold";
    sections.push({ kind, from, rows: rows.slice(from, to) });
    from = to;
  }
  return sections;
}
