import { expect, test } from "vitest";
import { isAllowed, joinWords, splitWords } from "./commandWords";

test.each([
  ["", []],
  ["  ", []],
  ["npx tsc  --noEmit ", ["npx", "tsc", "--noEmit"]],
  [`python -c "import ast" 'a b'`, ["python", "-c", "import ast", "a b"]],
  [`say "" it"'s"`, ["say", "", "it's"]],
  ["C:\\tools\\lint.exe .", ["C:\\tools\\lint.exe", "."]],
  ['half "open', undefined],
])("the words of %j", (line, words) => {
  expect(splitWords(line)).toEqual(words);
});

test.each([
  [["cargo", "check"]],
  [["a b", "", "c"]],
  [["it's", 'say "hi"']],
  [["both ' and \" of them", '"', "'"]],
])("%j is the same after a line", (words) => {
  expect(splitWords(joinWords(words))).toEqual(words);
});

test("a command is allowed by the words that it begins with", () => {
  const allowed = ["  cargo   check ", "npx", ""];
  expect(isAllowed(["cargo", "check", "--tests"], allowed)).toBe(true);
  expect(isAllowed(["cargo", "run"], allowed)).toBe(false);
  expect(isAllowed(["cargo"], allowed)).toBe(false);
  expect(isAllowed(["cargo check"], allowed)).toBe(false);
  expect(isAllowed(["npx", "tsc"], allowed)).toBe(true);
  expect(isAllowed([], [" "])).toBe(false);
});
