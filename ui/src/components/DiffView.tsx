import { useMemo } from "react";
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
