import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { setLocale } from "@/paraglide/runtime.js";
import { contextPaths, emptyRow, fromRows, rowFault, toRows } from "./contextRows";
import { formatBytes, formatSeconds } from "./format";
import { OutputText } from "./OutputText";
import { outputBlocks } from "./outputBlocks";

test("blocks keep every character and change only at the end", () => {
  const text = `${"line of output\n".repeat(2000)}tail`;
  const blocks = outputBlocks(text);
  expect(blocks.join("\n")).toBe(text);
  expect(outputBlocks(`${text} more`).slice(0, -1)).toEqual(blocks.slice(0, -1));
  const long = "😀".repeat(20_001);
  expect(outputBlocks(long).join("")).toBe(long);
  expect(outputBlocks(long).every((block) => block.length % 2 === 0)).toBe(true);
});

test("an output of a megabyte is on the page as text", () => {
  const text = "<b>bold</b> text\n".repeat(60_000);
  const { container } = render(<OutputText text={text} label="Output" testId="out" />);
  expect(screen.getByTestId("out").textContent?.length).toBeGreaterThan(900_000);
  expect(container.querySelector("b")).toBeNull();
});

test("context rows keep text, numbers and objects apart", () => {
  const context = { name: "x", version: "18.0", count: 3, nested: { deep: [1] } };
  const rows = toRows(context);
  expect(fromRows(rows)).toEqual(context);
  const twin = { ...emptyRow(), key: "name", text: "y" };
  expect(rowFault([...rows, twin], twin)).toBe("duplicate");
  expect(fromRows([...rows, twin, { ...emptyRow(), key: "bad", text: "{", kind: "json" }])).toEqual(context);
  expect(contextPaths(context)).toEqual(["name", "version", "count", "nested", "nested.deep"]);
});

test("numbers read as the language writes them", () => {
  expect([0.34, 2.44, 65, 3725].map(formatSeconds)).toEqual(["340 ms", "2.4 s", "1 min 05 s", "1 h 02 min"]);
  expect(formatBytes(98_362_432)).toBe("98 MB");
  setLocale("es", { reload: false });
  expect(formatSeconds(2.44)).toBe("2,4 s");
  setLocale("en", { reload: false });
});
