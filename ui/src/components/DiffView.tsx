import { diffWordsWithSpace } from "diff";
import { useMemo } from "react";
import { m } from "@/paraglide/messages.js";
import { type DiffRow, textRows } from "./diffRows";
import { VisibleText } from "./VisibleText";

const KINDS: Record<string, string> = { "+": "diff-add", "-": "diff-remove", "@": "diff-hunk" };

/** A unified diff, one row a line; the headers with file names are left out because the list beside it has them. */
export function DiffView({ diff, label }: { diff: string; label: string }) {
  const lines = useMemo(() => diff.split("\n").filter((line) => !/^(---|\+\+\+) /.test(line)), [diff]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard.
    <section className="diff" aria-label={label} tabIndex={0}>
      <pre>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place in the diff.
          <div key={index} className={KINDS[line[0] ?? ""] ?? "diff-same"}>
            <VisibleText text={line || " "} />
          </div>
        ))}
      </pre>
    </section>
  );
}

/** What changed from one text to another, line by line; in a changed line the words that changed are marked. */
export function TextDiff({ before, after, label }: { before: string; after: string; label: string }) {
  const rows = useMemo(() => textRows(before, after), [before, after]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard.
    <section className="diff text-diff" aria-label={label} tabIndex={0}>
      <pre>
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place in the diff.
          <TextRow key={index} row={row} />
        ))}
      </pre>
    </section>
  );
}

function TextRow({ row }: { row: DiffRow }) {
  if (row.kind === "left_out")
    return <div className="diff-hunk">{m.diff_left_out({ count: row.count })}</div>;
  const { kind, text, other } = row;
  const sign = kind === "add" ? "+" : kind === "remove" ? "-" : " ";
  return (
    <div className={`diff-${kind}`}>
      <span aria-hidden>{sign} </span>
      {kind === "add" && <span className="sr-only">{m.diff_added()}</span>}
      {kind === "remove" && <span className="sr-only">{m.diff_removed()}</span>}
      {other === undefined ? <VisibleText text={text || " "} /> : <Words row={row} other={other} />}
    </div>
  );
}

/** A changed line: the words that its counterpart lacks are marked. */
function Words({ row, other }: { row: DiffRow & { text: string }; other: string }) {
  const adds = row.kind === "add";
  const words = adds ? diffWordsWithSpace(other, row.text) : diffWordsWithSpace(row.text, other);
  return words
    .filter((word) => (adds ? !word.removed : !word.added))
    .map((word, index) =>
      word.added || word.removed ? (
        // biome-ignore lint/suspicious/noArrayIndexKey: a word is its place in the line.
        <mark key={index}>
          <VisibleText text={word.value} />
        </mark>
      ) : (
        // biome-ignore lint/suspicious/noArrayIndexKey: a word is its place in the line.
        <VisibleText key={index} text={word.value} />
      ),
    );
}
