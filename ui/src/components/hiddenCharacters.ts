// Finds the characters of a text that cannot be seen but change how it reads: controls, direction marks, zero-width signs.

/** A stretch of a text: either as it is, or one invisible character, `count` times in a row. */
export type TextPart = { text: string; code?: string; count: number };

/**
 * Controls except tab and newline (a carriage return counts unless it belongs to a line's end), soft hyphen, direction marks,
 * embeddings, overrides and isolates, zero-width space and joiner-like signs, blank letters, and tags. The zero-width joiner and
 * non-joiner are left out: emoji and several scripts are written with them.
 */
const HIDDEN_CLASS =
  "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f" +
  "\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]|\\r(?!\\n|$)";
/** One such character, and the same again right after it. */
const HIDDEN = new RegExp(`(${HIDDEN_CLASS})\\1*`, "gu");

/** `text` in parts, in order; their texts joined are `text` again. */
export function textParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const match of text.matchAll(HIDDEN)) {
    const [run, character = ""] = match;
    if (match.index > at) parts.push({ text: text.slice(at, match.index), count: 1 });
    parts.push({ text: run, code: codeOf(character), count: run.length / character.length });
    at = match.index + run.length;
  }
  if (at < text.length || parts.length === 0) parts.push({ text: text.slice(at), count: 1 });
  return parts;
}

/** `text` with a `<U+202E>` in place of each invisible character, for places that take no elements, such as tooltips. */
export function plainText(text: string): string {
  return textParts(text)
    .map((part) => (part.code ? `<${part.code}>`.repeat(part.count) : part.text))
    .join("");
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
