import { ChevronsUpDown } from "lucide-react";
import { memo, useMemo, useState } from "react";
import { m } from "@/paraglide/messages.js";
import { classes } from "./classes";
import { diffRows, folded, type Grain, type Line, type Row } from "./sideRows";
import { VisibleText } from "./VisibleText";

interface SideDiffProps {
  left: string;
  right: string;
  grain: Grain;
  label: string;
}

/** Rows that are drawn at once; more come with a button, so that long outputs open quickly. */
const ROWS = 1500;

/** Two texts in two columns that scroll as one. What is the same in both is folded to a line that opens it. */
export function SideDiff({ left, right, grain, label }: SideDiffProps) {
  const sections = useMemo(() => folded(diffRows(left, right, grain)), [left, right, grain]);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const [shown, setShown] = useState(ROWS);
  let drawn = 0;
  let hidden = 0;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard.
    <section className="side-diff" aria-label={label} tabIndex={0} data-testid="side-diff">
      {sections.map((section) => {
        if (drawn >= shown) {
          hidden += section.rows.length;
          return null;
        }
        if (section.kind === "fold" && !opened.has(section.from)) {
          drawn += 1;
          return (
            <button
              key={section.from}
              type="button"
              className="fold"
              data-testid="fold"
              onClick={() => setOpened(new Set(opened).add(section.from))}
            >
              <ChevronsUpDown aria-hidden size={13} />
              {m.identical_lines({ count: section.rows.length })}
            </button>
          );
        }
        const rows = section.rows.slice(0, shown - drawn);
        drawn += rows.length;
        hidden += section.rows.length - rows.length;
        return rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place in the comparison.
          <DiffRow key={section.from + index} row={row} />
        ));
      })}
      {hidden > 0 && (
        <button type="button" className="fold" onClick={() => setShown(shown + ROWS)}>
          {m.more_lines({ count: hidden })}
        </button>
      )}
    </section>
  );
}

const DiffRow = memo(function DiffRow({ row }: { row: Row }) {
  return (
    <div className="diff-row" data-kind={row.kind}>
      <Side
        line={row.left}
        className={row.kind === "same" ? "diff-same" : "diff-was"}
        sign={row.kind === "same" ? "" : "−"}
      />
      <Side
        line={row.right}
        className={row.kind === "same" ? "diff-same" : "diff-is"}
        sign={row.kind === "same" ? "" : "+"}
      />
    </div>
  );
});

function Side({ line, className, sign }: { line: Line | undefined; className: string; sign: string }) {
  if (!line) return <span className="diff-side diff-none" aria-hidden />;
  return (
    <span className={classes("diff-side", className)}>
      <span className="diff-number" aria-hidden>
        {line.number}
      </span>
      <span className="diff-sign">{sign}</span>
      <span className="diff-text">
        {line.parts.map((part, index) =>
          part.own && line.parts.length > 1 ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place in the line.
            <mark key={index}>
              <VisibleText text={part.text} />
            </mark>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above.
            <VisibleText key={index} text={part.text} />
          ),
        )}
      </span>
    </span>
  );
}
