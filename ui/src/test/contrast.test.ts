import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { contrast, themeColours } from "./contrast";

const themes = themeColours(readFileSync("src/styles/tokens.css", "utf8"));

const GROUNDS = ["bg", "rail", "surface", "sunken", "hover", "selected"];
const ROLES = ["llama", "gemma", "t5", "assembler"];
const STATUSES = ["running", "success", "failed", "warn", "quiet"];
const SYNTAX = [
  "keyword",
  "string",
  "number",
  "function",
  "type",
  "comment",
  "tag",
  "attribute",
  "punctuation",
];

/** What is read, on what it stands. */
const TEXT: [string, string][] = [
  ...["text", "text-2", "text-3", "accent"].flatMap((text) =>
    GROUNDS.map((ground): [string, string] => [text, ground]),
  ),
  ["text", "press"],
  ["text-2", "press"],
  ["text-3", "press"],
  ["text", "accent-soft"],
  ["accent", "accent-soft"],
  ...["accent-fill", "accent-fill-hover", "danger-fill", "danger-fill-hover"].map(
    (fill): [string, string] => ["on-accent", fill],
  ),
  ...[...ROLES, ...STATUSES].flatMap((hue): [string, string][] => [
    [hue, `${hue}-soft`],
    [hue, "surface"],
    [hue, "sunken"],
    ["text", `${hue}-soft`],
    ["text-2", `${hue}-soft`],
  ]),
  ...SYNTAX.map((name): [string, string] => [`hl-${name}`, "code-bg"]),
  // Faulty lines, and the marks of files in a list.
  ...SYNTAX.map((name): [string, string] => [`hl-${name}`, "failed-soft"]),
  ["text-3", "failed-soft"],
  ...["success", "failed"].flatMap((hue) =>
    ["hover", "selected"].map((ground): [string, string] => [hue, ground]),
  ),
  ["text", "code-bg"],
  ["text-3", "code-bg"],
];

/** What shows where a control is, how it stands, or that it has the focus. */
const CONTROLS: [string, string][] = [
  ...["control-border", "border-strong", "focus", "accent-fill"].flatMap((part) =>
    ["bg", "rail", "surface", "sunken"].map((ground): [string, string] => [part, ground]),
  ),
  ["focus", "hover"],
  ["focus", "selected"],
  ["focus", "press"],
];

for (const [theme, colours] of Object.entries(themes)) {
  const ratio = (one: string, other: string) => {
    const [first, second] = [colours.get(one), colours.get(other)];
    if (!first || !second) throw new Error(`tokens.css lacks --${first ? other : one}`);
    return contrast(first, second);
  };
  const tooLow = (pairs: [string, string][], least: number) =>
    pairs
      .filter(([one, other]) => ratio(one, other) < least)
      .map(([one, other]) => `--${one} on --${other}: ${ratio(one, other).toFixed(2)}`);

  test(`${theme}: all text stands out 4.5 to 1`, () => expect(tooLow(TEXT, 4.5)).toEqual([]));
  test(`${theme}: all controls stand out 3 to 1`, () => expect(tooLow(CONTROLS, 3)).toEqual([]));
}

test("contrast is counted as the guidelines do", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});
