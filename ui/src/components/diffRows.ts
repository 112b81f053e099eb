// The rows of a line-by-line comparison of two texts.
import { diffLines } from "diff";

export type DiffRow =
  | { kind: "same" | "add" | "remove"; text: string; other?: string }
  | { kind: "left_out"; count: number };

/** Unchanged lines that stay around a change. */
const AROUND = 3;
/** Longest line whose words are compared one by one. */
const WORDS_MAX = 2000;

/** What changed from `before` to `after`; a changed line carries its counterpart in `other`, and long unchanged runs are left out. */
export function textRows(before: string, after: string): DiffRow[] {
  const rows: DiffRow[] = [];
  const changes = diffLines(ended(before), ended(after));
  for (const [index, change] of changes.entries()) {
    const lines = change.value.replace(/\n$/, "").split("\n");
    if (!change.added && !change.removed) {
      rows.push(...around(lines, index === 0, index === changes.length - 1));
      continue;
    }
    const twin = change.removed ? changes[index + 1] : changes[index - 1];
    const paired = change.removed ? twin?.added : twin?.removed;
    const others = paired ? (twin?.value ?? "").replace(/\n$/, "").split("\n") : [];
    for (const [at, text] of lines.entries()) {
      const other = others[at];
      const short = other !== undefined && text.length + other.length < WORDS_MAX;
      rows.push({ kind: change.added ? "add" : "remove", text, ...(short && { other }) });
    }
  }
  return rows;
}

/** Both texts end in a line break, so that one at the end is no change of the last line. */
const ended = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

function around(lines: string[], first: boolean, last: boolean): DiffRow[] {
  const before = first ? 0 : AROUND;
  const after = last ? 0 : AROUND;
  const same = (text: string): DiffRow => ({ kind: "same", text });
  if (lines.length <= before + after + 1) return lines.map(same);
  const count = lines.length - before - after;
  return [
    ...lines.slice(0, before).map(same),
    { kind: "left_out", count },
    ...lines.slice(lines.length - after).map(same),
  ];
}
