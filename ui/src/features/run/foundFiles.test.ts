import { expect, test } from "vitest";
import { foundFiles } from "./foundFiles";
import { readPieces } from "./readPieces";

const named = (text: string) =>
  foundFiles("write", text).map(({ name, type, closed }) => [name, type, closed]);

test("a file appears with its fence and closes with it", () => {
  expect(named("Here it is:\n")).toEqual([]);
  expect(named("Here it is:\n```jsx src/Form.jsx\nconst a")).toEqual([["src/Form.jsx", "jsx", false]]);
  expect(named("```jsx src/Form.jsx\nconst a = 1;\n``")).toEqual([["src/Form.jsx", "jsx", false]]);
  expect(named("```jsx src/Form.jsx\nconst a = 1;\n```")).toEqual([["src/Form.jsx", "jsx", true]]);
  expect(foundFiles("write", "```js\nconst a = 1;\n```\nDone.")[0]?.content).toBe("const a = 1;\n");
});

test("names come from the fence, the line before, or the rule", () => {
  expect(named("**Form.css**\n```css\na{}\n```\n")).toEqual([["Form.css", "css", true]]);
  expect(named("### src/app.py\n\n```python\nx\n```\n")).toEqual([["src/app.py", "py", true]]);
  expect(named("It uses app.py here\n```python\nx\n```\n")).toEqual([["write_component_0.py", "py", true]]);
  expect(named("````md\n```js\nx\n```\n````\n")).toEqual([["write_component_0.md", "md", true]]);
  expect(named("```js\n\n```\n```\ny\n```\n")).toEqual([["write_component_0.txt", "txt", true]]);
});

test("an output is read as headings, paragraphs, items and code", () => {
  const pieces = readPieces("write", "# Plan\nFirst line\nsecond\n\n- one\n- two\n```js\nx\n```\nEnd");
  expect(
    pieces.map((piece) => (piece.kind === "code" ? piece.file.name : `${piece.kind}: ${piece.text}`)),
  ).toEqual([
    "heading: Plan",
    "text: First line\nsecond",
    "item: - one",
    "item: - two",
    "write_component_0.js",
    "text: End",
  ]);
});
