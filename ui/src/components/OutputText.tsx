import { ArrowDown } from "lucide-react";
import { memo, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { m } from "@/paraglide/messages.js";
import { Button } from "./Button";
import { outputBlocks } from "./outputBlocks";
import { VisibleText } from "./VisibleText";

interface OutputTextProps {
  text: string;
  label: string;
  /** More text is on its way: the end is kept in view until the reader scrolls up. */
  streaming?: boolean;
  testId?: string;
}

/** Distance in px from the end within which the reader counts as being at the end. */
const NEAR_END = 24;

/** Raw output of a model, always as text. Blocks off screen are not laid out, so megabytes stay smooth. */
export function OutputText({ text, label, streaming = false, testId }: OutputTextProps) {
  const box = useRef<HTMLElement>(null);
  const [follows, setFollows] = useState(true);
  const blocks = useMemo(() => outputBlocks(text), [text]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new text is what moves the end.
  useLayoutEffect(() => {
    if (streaming && follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text, streaming, follows]);

  const onScroll = useCallback(() => {
    const { scrollTop, scrollHeight, clientHeight } = box.current as HTMLElement;
    setFollows(scrollHeight - scrollTop - clientHeight < NEAR_END);
  }, []);

  return (
    <div className="output">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard. */}
      <section ref={box} className="output-scroll" onScroll={onScroll} aria-label={label} tabIndex={0}>
        <pre className="output-text" data-testid={testId}>
          {blocks.map((block, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: blocks only ever grow at the end.
            <Block key={index} text={block} last={index === blocks.length - 1} />
          ))}
          {streaming && <span className="output-caret" aria-hidden />}
        </pre>
      </section>
      {streaming && !follows && (
        <Button className="output-follow" small icon={ArrowDown} onClick={() => setFollows(true)}>
          {m.follow()}
        </Button>
      )}
    </div>
  );
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
