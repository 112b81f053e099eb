import { useState } from "react";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import type { Piece } from "./promptPieces";

/** Characters that are shown at once; a prompt with long outputs has many more. */
const SHOWN_MAX = 40_000;

/** A text whose pieces have the colours of the budget. What is put together from them is the exact text. */
export function PromptText({ pieces, label }: { pieces: Piece[]; label: string }) {
  const [all, setAll] = useState(false);
  const length = pieces.reduce((sum, piece) => sum + piece.text.length, 0);
  const shown = all || length <= SHOWN_MAX ? pieces : cut(pieces, SHOWN_MAX);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard. */}
      <section className="prompt-text" aria-label={label} tabIndex={0}>
        <pre>
          {shown.map((piece, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place in the text.
            <span key={index} className={`piece share-${piece.share}`}>
              <VisibleText text={piece.text} />
            </span>
          ))}
        </pre>
      </section>
      {shown !== pieces && (
        <button type="button" className="link" onClick={() => setAll(true)}>
          {m.preview_show_all({ count: length - SHOWN_MAX })}
        </button>
      )}
    </>
  );
}

function cut(pieces: Piece[], most: number): Piece[] {
  const kept: Piece[] = [];
  let left = most;
  for (const piece of pieces) {
    if (left <= 0) break;
    kept.push({ ...piece, text: piece.text.slice(0, left) });
    left -= piece.text.length;
  }
  return kept;
}
