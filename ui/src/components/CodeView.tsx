import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useEffect, useMemo, useRef } from "react";
import { useColours } from "@/api/highlight";
import type { Highlight, SyntaxFault } from "@/api/types";
import { classes } from "./classes";
import { VisibleText } from "./VisibleText";

interface CodeViewProps {
  /** File ending that names the language, e.g. `jsx`. */
  type: string;
  content: string;
  label: string;
  /** Errors whose lines are marked. */
  faults?: SyntaxFault[];
  /** The line to bring into view, from 1; a new object brings it again. */
  goTo?: { line: number } | null;
}

/** Height in px of one line of code; `--code-line` in tokens.css. */
const LINE = 20;
/** Lines up to which the whole text is on the page, so that it can be selected and searched. */
const ALL_LINES = 1500;

/** Source with the highlighter's colours, those of a long one as it is looked at. Every piece is a text node; the colours come as lengths, never as markup. */
export function CodeView({ type, content, label, faults, goTo }: CodeViewProps) {
  const lines = useMemo(() => content.replace(/\n$/, "").split("\n"), [content]);
  const box = useRef<HTMLElement>(null);
  const whole = lines.length <= ALL_LINES;
  const virtual = useVirtualizer({
    count: whole ? 0 : lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 30,
  });
  const items = virtual.getVirtualItems();
  const colours = useColours(type, content, lines.length, {
    from: whole ? 0 : (items[0]?.index ?? 0),
    to: whole ? lines.length : (items.at(-1)?.index ?? -1) + 1,
    moving: virtual.isScrolling,
  });
  const digits = String(lines.length).length;
  const faulty = useMemo(() => faultyLines(faults, lines.length), [faults, lines.length]);

  useEffect(() => {
    const shown = box.current;
    if (!goTo || !shown) return;
    shown.scrollTop = Math.max(0, (goTo.line - 1) * LINE - shown.clientHeight / 2);
    shown.focus({ preventScroll: true });
  }, [goTo]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard.
    <section ref={box} className="code" aria-label={label} tabIndex={0}>
      <pre
        className={`code-lines code-digits-${Math.min(digits, 6)}`}
        data-testid="highlighted-code"
        data-language={colours.language}
        data-highlighted={colours.styles ? "true" : "false"}
        style={whole ? undefined : { height: virtual.getTotalSize() }}
      >
        {whole
          ? lines.map((line, index) => (
              <Line
                // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place in the file.
                key={index}
                number={index + 1}
                text={line}
                fault={faulty.get(index + 1)}
                on={goTo?.line === index + 1}
                spans={colours.spansOf(index)}
                styles={colours.styles}
              />
            ))
          : items.map((item) => (
              <div
                key={item.key}
                className="code-placed"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Line
                  number={item.index + 1}
                  text={lines[item.index] ?? ""}
                  fault={faulty.get(item.index + 1)}
                  on={goTo?.line === item.index + 1}
                  spans={colours.spansOf(item.index)}
                  styles={colours.styles}
                />
              </div>
            ))}
      </pre>
    </section>
  );
}

/** What is wrong, by line; an error past the end stands in the last line. */
function faultyLines(faults: SyntaxFault[] | undefined, count: number): Map<number, string> {
  const found = new Map<number, string>();
  for (const { line, message } of faults ?? []) {
    const at = Math.min(line, count);
    const before = found.get(at);
    found.set(at, before === undefined ? message : `${before}\n${message}`);
  }
  return found;
}

interface LineProps {
  number: number;
  text: string;
  /** What is wrong in the line. */
  fault?: string;
  /** The reader was led here. */
  on: boolean;
  spans?: Highlight["lines"][number];
  styles?: string[];
}

const Line = memo(function Line({ number, text, fault, on, spans, styles }: LineProps) {
  return (
    <div
      className={classes("code-line", fault !== undefined && "code-faulty", on && "code-shown")}
      title={fault}
    >
      <span className="code-number" aria-hidden>
        {number}
      </span>
      <span className="code-text">
        {spans && styles ? colour(text, spans, styles) : <VisibleText text={text} />}
      </span>
      {"\n"}
    </div>
  );
});

function colour(text: string, spans: [number, number][], styles: string[]): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const [length, style] of spans) {
    const name = styles[style];
    const piece = text.slice(at, at + length);
    parts.push(
      name && name !== "plain" ? (
        <span key={at} className={`hl-${name}`}>
          <VisibleText text={piece} />
        </span>
      ) : (
        <VisibleText key={at} text={piece} />
      ),
    );
    at += length;
  }
  if (at < text.length) parts.push(<VisibleText key={at} text={text.slice(at)} />);
  return parts;
}
