// Cuts a growing text into blocks so that adding to its end changes only the last one.

/** Characters after which the next newline ends a block. */
const BLOCK = 4000;
/** Characters after which a block ends even without a newline. */
const BLOCK_LIMIT = 16_000;

/** The blocks of `text`, in order, each without the newline that ended it. */
export function outputBlocks(text: string): string[] {
  const blocks: string[] = [];
  let start = 0;
  while (text.length - start > BLOCK) {
    const newline = text.indexOf("\n", start + BLOCK);
    if (newline >= 0 && newline - start <= BLOCK_LIMIT) {
      blocks.push(text.slice(start, newline));
      start = newline + 1;
    } else if (text.length - start > BLOCK_LIMIT) {
      const cut = wholeCharacter(text, start + BLOCK_LIMIT);
      blocks.push(text.slice(start, cut));
      start = cut;
    } else break;
  }
  blocks.push(text.slice(start));
  return blocks;
}

/** Moves a cut back so that it does not split a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
