import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { digest, SENT_MAX_BYTES, slicesOf } from "@/api/highlight";
import { setLocale } from "@/paraglide/runtime.js";
import { renderApp, serveApi } from "@/test/render";
import { CodeView } from "./CodeView";
import { contextPaths, emptyRow, fromRows, rowFault, toRows } from "./contextRows";
import { formatBytes, formatSeconds } from "./format";
import { plainText, textParts } from "./hiddenCharacters";
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

test("an output is on the page whole and as text, up to a size beyond which only what is in view is", () => {
  const line = "<b>bold</b> text\n";
  const { container, rerender } = render(
    <OutputText text={line.repeat(15_000)} label="Output" testId="out" />,
  );
  expect(screen.getByTestId("out").textContent?.length).toBeGreaterThan(250_000);
  expect(container.querySelector("b")).toBeNull();
  rerender(<OutputText text={line.repeat(60_000)} label="Output" testId="out" />);
  expect(screen.getByTestId("out").dataset.whole).toBe("false");
  expect(screen.getByTestId("out").textContent?.length).toBeLessThan(100_000);
  expect(screen.getByTestId("out").style.height).not.toBe("");
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

test("invisible characters are found, all of them and nothing else", () => {
  const codes = (text: string) => textParts(text).flatMap((part) => part.code ?? []);
  const marked = [
    ..."\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\ufeff\u0000\u0007\u001b\u007f",
  ];
  expect(codes(marked.join(""))).toEqual(marked.map((one) => `U+${hex(one)}`));
  expect(codes("\ttab\nline\r\nend\r emoji 👩‍💻 é שלום")).toEqual(["U+000D"]);
  expect(codes("\u{e0041}a")).toEqual(["U+E0041"]);
  expect(textParts("a\u200b\u200b\u200bb")[1]).toEqual({
    text: "\u200b\u200b\u200b",
    code: "U+200B",
    count: 3,
  });
  for (const text of ["", "plain", `x${marked.join("y")}z`])
    expect(
      textParts(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  expect(plainText("a\u202egnp.exe")).toBe("a<U+202E>gnp.exe");
});

const hex = (character: string) => character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");

test("an output shows invisible characters as marks and keeps the text itself", () => {
  const text = "safe \u202egnp.exe\u202c <b>x</b>";
  const { container } = render(<OutputText text={text} label="Output" testId="out" />);
  const marks = [...container.querySelectorAll<HTMLElement>(".hidden-character")];
  expect(marks.map((mark) => mark.dataset.code)).toEqual(["U+202E", "U+202C"]);
  expect(screen.getByTestId("out").textContent).toBe(text);
  expect(container.querySelector("b")).toBeNull();
});

test("marks in code do not move the colours", async () => {
  const content = 'let \u2066a\u2069 = "b\u202ec";';
  const spans: [number, number][] = [
    [3, 1],
    [7, 0],
    [content.length - 11, 2],
    [1, 0],
  ];
  serveApi({ "POST /highlight": { language: "JS", styles: ["plain", "keyword", "string"], lines: [spans] } });
  const { container } = renderApp(<CodeView type="js" content={content} label="Code" />);
  await waitFor(() => expect(container.querySelector(".hl-string")?.textContent).toBe('"b\u202ec"'));
  expect(container.querySelector(".hl-keyword")?.textContent).toBe("let");
  expect(container.querySelector(".hl-string .hidden-character")?.getAttribute("data-code")).toBe("U+202E");
  expect(container.querySelectorAll(".hidden-character").length).toBe(3);
  expect(container.querySelector(".code-text")?.textContent).toBe(content);
  vi.unstubAllGlobals();
});

test("a source that is being written stays coloured and is coloured anew seldom, in the end as it is", async () => {
  const calls = serveApi({
    "POST /highlight": (body: unknown) => {
      const lines = (body as { content: string }).content.split("\n").map((line) => [
        [3, 1],
        [Math.max(0, line.length - 3), 0],
      ]);
      return { language: "JavaScript", styles: ["plain", "keyword"], lines };
    },
  });
  const parts = Array.from({ length: 40 }, (_, at) => `let name_${at} = ${at};\n`);
  const text = (count: number) => parts.slice(0, count).join("");
  const queries = new QueryClient();
  const view = (content: string) => (
    <QueryClientProvider client={queries}>
      <CodeView type="js" content={content} label="Code" />
    </QueryClientProvider>
  );
  const { container, rerender } = render(view(text(1)));
  const coloured = () => [...container.querySelectorAll(".hl-keyword")].length;
  await waitFor(() => expect(coloured()).toBe(1));
  for (let count = 2; count <= parts.length; count++) {
    rerender(view(text(count)));
    await act(() => new Promise((resolve) => setTimeout(resolve, 5)));
    expect(coloured()).toBeGreaterThan(0);
  }
  await waitFor(() => expect(coloured()).toBe(parts.length), { timeout: 5000 });
  expect(calls.at(-1)?.body).toMatchObject({ content: text(parts.length) });
  expect(calls.length).toBeLessThan(parts.length / 2);
  // Another text is coloured at once, and never with the colours of the one before.
  rerender(view("var other;"));
  expect(coloured()).toBe(0);
  await waitFor(() => expect(coloured()).toBe(1));
  vi.unstubAllGlobals();
});

test("a long source is coloured in slices, those that are looked at, and keeps them", async () => {
  const height = vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
  const content = Array.from({ length: 20_000 }, (_, at) => `let name_${at} = "some text of ${at}";`).join(
    "\n",
  );
  const calls = serveApi({
    "POST /highlight": (body: unknown) => {
      const { from, to } = body as { from: number; to: number };
      const wanted = content.split("\n").slice(from, to);
      const lines = wanted.map((line) => [
        [3, 1],
        [line.length - 3, 0],
      ]);
      return { language: "JavaScript", styles: ["plain", "keyword"], lines };
    },
  });
  const asked = () => calls.map(({ body }) => [(body as { from: number }).from, (body as { to: number }).to]);
  const { container } = renderApp(<CodeView type="js" content={content} label="Code" />);
  await waitFor(() => expect(container.querySelector(".hl-keyword")?.textContent).toBe("let"));
  expect(screen.getByTestId("highlighted-code").dataset.highlighted).toBe("true");
  expect(asked()).toEqual([[0, 500]]);
  expect(calls[0]?.body).toMatchObject({ type: "js", content });
  const tall = screen.getByTestId("highlighted-code").style.height;

  const box = screen.getByRole("region", { name: "Code" });
  const scroll = (top: number) => {
    box.scrollTop = top;
    fireEvent.scroll(box);
  };
  scroll(10_300 * 20);
  const line = () =>
    [...container.querySelectorAll(".code-line")].find((one) => one.textContent?.includes("name_10305 "));
  await waitFor(() => expect(line()?.textContent).toContain("name_10305 "));
  await waitFor(() => expect(line()?.querySelector(".hl-keyword")?.textContent).toBe("let"));
  expect(asked()).toEqual([
    [0, 500],
    [10_000, 10_500],
    [10_500, 11_000],
  ]);
  expect(screen.getByTestId("highlighted-code").style.height).toBe(tall);
  scroll(0);
  await waitFor(() => expect(container.querySelector(".code-number")?.textContent).toBe("1"));
  expect(container.querySelector(".hl-keyword")?.textContent).toBe("let");
  expect(asked()).toHaveLength(3);
  height.mockRestore();
  vi.unstubAllGlobals();
});

test("a source that no request may have stays plain, and is not sent", async () => {
  const height = vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
  const calls = serveApi({});
  // As JSON each quote and line break has two bytes.
  const line = '"'.repeat(99);
  const content = Array.from({ length: Math.ceil(SENT_MAX_BYTES / 199) }, () => line).join("\n");
  expect(content.length).toBeLessThan(SENT_MAX_BYTES);
  const { container } = renderApp(<CodeView type="txt" content={content} label="Code" />);
  await waitFor(() => expect(container.querySelector(".code-text")?.textContent).toBe(line));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toEqual([]);
  height.mockRestore();
  vi.unstubAllGlobals();
});

test.each([
  [{ from: 0, to: 40 }, [0]],
  [{ from: 200, to: 240 }, [0]],
  [{ from: 260, to: 300 }, [0, 1]],
  [{ from: 740, to: 760 }, [0, 1, 2]],
  [{ from: 1190, to: 1200 }, [1, 2]],
  [{ from: 0, to: 0 }, []],
])("the slices around lines %o of 1,200", (shown, slices) => {
  expect(slicesOf(shown, 1200)).toEqual(slices);
});

test("texts that differ in a letter have other digests", () => {
  const texts = ["", "a", "b", "ab", "ba", "a".repeat(1000), `${"a".repeat(999)}b`];
  expect(new Set(texts.map(digest)).size).toBe(texts.length);
});
