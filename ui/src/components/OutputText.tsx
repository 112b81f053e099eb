import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { memo, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { m } from "@/paraglide/messages.js";
import { Button } from "./Button";
import { useCommands } from "./commands";
import { followsAfter } from "./follow";
import { outputBlocks } from "./outputBlocks";
import { VisibleText } from "./VisibleText";

interface OutputTextProps {
  text: string;
  label: string;
  /** More text is on its way: the end is kept in view until the reader scrolls up. */
  streaming?: boolean;
  testId?: string;
}

/** Characters up to which the whole text is on the page, so that it can be selected and searched. */
const ALL_CHARACTERS = 300_000;
/** About the height in px of a block, until it has been measured. */
const BLOCK_HEIGHT = 1300;

/** Raw output of a model, always as text. Of a very long one only the blocks in view are on the page, so megabytes stay smooth. */
export function OutputText({ text, label, streaming = false, testId }: OutputTextProps) {
  const box = useRef<HTMLElement>(null);
  const blocks = useMemo(() => outputBlocks(text), [text]);
  const whole = text.length <= ALL_CHARACTERS;
  const virtual = useVirtualizer({
    count: whole ? 0 : blocks.length,
    getScrollElement: () => box.current,
    estimateSize: () => BLOCK_HEIGHT,
    overscan: 2,
  });
  const height = virtual.getTotalSize();
  const { follows, follow, onScroll } = useFollow(box, streaming, `${text.length} ${height}`);
  const last = blocks.length - 1;
  const caret = streaming && <span className="output-caret" aria-hidden />;

  return (
    <div className="output">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard. */}
      <section ref={box} className="output-scroll" onScroll={onScroll} aria-label={label} tabIndex={0}>
        <pre
          className="output-text"
          data-testid={testId}
          data-whole={whole}
          style={whole ? undefined : { height, position: "relative" }}
        >
          {whole ? (
            <>
              {blocks.map((block, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: blocks only ever grow at the end.
                <Block key={index} text={block} last={index === last} />
              ))}
              {caret}
            </>
          ) : (
            virtual.getVirtualItems().map((item) => (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="output-placed"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <VisibleText text={blocks[item.index] ?? ""} />
                {item.index === last && caret}
              </div>
            ))
          )}
        </pre>
      </section>
      {streaming && !follows && (
        <Button className="output-follow" small icon={ArrowDown} onClick={follow} data-testid="follow">
          {m.follow()}
        </Button>
      )}
    </div>
  );
}

/** Keeps the end of the box in view while `growing`, until the reader scrolls up; `grown` changes with every addition. */
function useFollow(box: React.RefObject<HTMLElement | null>, growing: boolean, grown: string) {
  const [follows, setFollows] = useState(true);
  const lastTop = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was added is what moves the end.
  useLayoutEffect(() => {
    if (growing && follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [grown, growing, follows, box]);

  const onScroll = useCallback(() => {
    const { scrollTop: top, scrollHeight: whole, clientHeight: shown } = box.current as HTMLElement;
    const before = lastTop.current;
    lastTop.current = top;
    setFollows((old) => followsAfter(old, before, { top, whole, shown }));
  }, [box]);
  const follow = useCallback(() => {
    setFollows(true);
    // The button that was pressed goes away, so the focus goes to what it was for.
    box.current?.focus({ preventScroll: true });
  }, [box]);
  useCommands(
    growing
      ? [
          {
            id: "run.follow",
            title: m.follow_output(),
            group: "here",
            keys: "f",
            disabled: follows,
            run: follow,
          },
        ]
      : [],
  );
  return { follows, follow, onScroll };
}

const Block = memo(function Block({ text, last }: { text: string; last: boolean }) {
  return last ? (
    <span>
      <VisibleText text={text} />
    </span>
  ) : (
    <div className="output-block">
      <VisibleText text={text} />
    </div>
  );
});
