// Where a text stops being JSON. Browsers word this differently and some give no place, so the editor's own parser is asked.
import { parser } from "@lezer/json";

export interface JsonFault {
  /** Offsets in UTF-16 units from 0. */
  from: number;
  to: number;
  /** Both from 1. */
  line: number;
  column: number;
}

/** The first fault of `text`; undefined when it is JSON. */
export function jsonFault(text: string): JsonFault | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const place = firstError(text);
    const before = text.slice(0, place.from);
    return {
      ...place,
      line: before.split("\n").length,
      column: place.from - before.lastIndexOf("\n"),
    };
  }
}

function firstError(text: string): { from: number; to: number } {
  let found: { from: number; to: number } | undefined;
  parser.parse(text).iterate({
    enter: (node) => {
      if (found) return false;
      if (node.type.isError) found = { from: node.from, to: node.to };
      return true;
    },
  });
  const end = text.trimEnd().length;
  return found ?? { from: end, to: end };
}
