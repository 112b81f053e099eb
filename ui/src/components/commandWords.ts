// A command as one line, and as the words that it is kept as. Quotes of both kinds keep spaces within a word; a backslash is a character
// like any other, since paths of Windows are full of them.

/** The words of `line`; undefined while a quote is open. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const character of line) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== undefined) return undefined;
  return word === undefined ? words : [...words, word];
}

/** The line that has these words. */
export const joinWords = (words: string[]): string => words.map(quoted).join(" ");

function quoted(word: string): string {
  if (word !== "" && !/[\s"']/.test(word)) return word;
  if (!word.includes('"')) return `"${word}"`;
  if (!word.includes("'")) return `'${word}'`;
  return word
    .split('"')
    .map((part) => `"${part}"`)
    .join(`'"'`);
}

/** Whether a command begins with the words of one of the lines that the settings allow. */
export function isAllowed(command: string[], allowed: string[]): boolean {
  return allowed.some((line) => {
    const words = line.split(/\s+/).filter((word) => word !== "");
    return words.length > 0 && words.every((word, at) => command[at] === word);
  });
}
