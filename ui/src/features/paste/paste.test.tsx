import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { ExtractedFiles } from "@/api/types";
import { allCommands, useRegistry } from "@/components/commands";
import { usePasting } from "@/components/pasting";
import { expectAccessible } from "@/test/axe";
import { artifact } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { PasteOutput } from "./PasteOutput";

afterEach(() => {
  vi.unstubAllGlobals();
  act(() => usePasting.getState().close());
});

const user = userEvent.setup();
const found = (extra: Partial<ExtractedFiles> = {}): ExtractedFiles => ({
  artifacts: [artifact("src/Form.jsx", "one\n"), artifact("form.css", "a{}\n")],
  patches: [],
  source: "blocks",
  unclosed: false,
  ...extra,
});

/** The panel with this answer; `read` pastes a text and lets it be read. */
async function show(answer: unknown, earlier: { name: string; content: string }[] = []) {
  const language = (body: unknown) => ({
    language: (body as { type: string }).type === "css" ? "CSS" : "JavaScript (JSX)",
    styles: ["plain"],
    lines: [],
  });
  const calls = serveApi({ "POST /extract": answer, "POST /highlight": language });
  const shown = renderApp(<PasteOutput />);
  act(() => usePasting.getState().open(earlier));
  const field = await screen.findByTestId("paste-text");
  await waitFor(() => expect(document.activeElement).toBe(field));
  expect(screen.getByTestId("paste-find").hasAttribute("disabled")).toBe(true);
  await user.paste("```jsx src/Form.jsx\none\n```");
  const asked = () => calls.filter((call) => call.path.endsWith("/extract")).map((call) => call.body);
  return { ...shown, field, asked };
}

test("a command of every screen opens the panel, and the cross closes it", async () => {
  serveApi({});
  renderApp(<PasteOutput />);
  expect(screen.queryByTestId("paste-text")).toBeNull();
  const command = allCommands(useRegistry.getState().lists).find(({ id }) => id === "app.paste-output");
  expect(command?.title).toBe("Paste an output");
  act(() => command?.run());
  await screen.findByTestId("paste-text");
  await user.click(screen.getByRole("button", { name: "Close" }));
  await waitFor(() => expect(screen.queryByTestId("paste-text")).toBeNull());
});

test("the files of a pasted text are shown with their languages, copied and saved", async () => {
  const { asked } = await show(found());
  await user.keyboard("{Control>}{Enter}{/Control}");
  const files = await screen.findByTestId("paste-files");
  expect(asked()).toEqual([{ output: "```jsx src/Form.jsx\none\n```" }]);
  expect(within(files).getByTestId("artifact-src/Form.jsx").getAttribute("aria-current")).toBe("true");
  await waitFor(() => expect(screen.getByTestId("paste-language").textContent).toBe("JavaScript (JSX)"));
  expect(within(files).getByTestId("highlighted-code").textContent).toContain("one");
  await expectAccessible(screen.getByRole("dialog"));

  await user.click(within(files).getByTestId("artifact-form.css"));
  await waitFor(() => expect(screen.getByTestId("paste-language").textContent).toBe("CSS"));
  const address = vi.fn((_: Blob) => "blob:x");
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: address, revokeObjectURL: vi.fn() }));
  const clicked = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    expect(this.download).toBe("form.css");
  });
  await user.click(screen.getByRole("button", { name: "Save form.css" }));
  expect(clicked).toHaveBeenCalledTimes(1);
  expect(await address.mock.calls[0]?.[0].text()).toBe("a{}\n");
  clicked.mockRestore();
  await user.click(within(files).getByRole("button", { name: "Copy form.css" }));
  expect(await navigator.clipboard.readText()).toBe("a{}\n");
});

test("what is odd about a text is told, and another text takes what was found away", async () => {
  const { asked } = await show(
    found({
      artifacts: [artifact("a.js", "x")],
      source: "whole",
      unclosed: true,
      patches: [{ outcome: "refused", fault: { kind: "no_such_file" }, name: "b.js", start: 0, end: 1 }],
    }),
    [{ name: "a.js", content: "old" }],
  );
  expect(screen.getByText("Edits in it are applied to the run's final file.")).toBeTruthy();
  await user.click(screen.getByTestId("paste-find"));
  await screen.findByTestId("paste-files");
  expect(asked()[0]).toMatchObject({ earlier: [{ name: "a.js", content: "old" }] });
  expect(screen.getByTestId("paste-patches").textContent).toContain("b.js");
  expect(screen.getByText(/ends inside a file/)).toBeTruthy();
  expect(screen.getByText(/the whole text became the file/)).toBeTruthy();
  await user.type(screen.getByTestId("paste-text"), "more");
  expect(screen.queryByTestId("paste-files")).toBeNull();
});

test.each([
  ["no file", found({ artifacts: [] }), /holds no code block/],
  [
    "a refusal",
    new Response(JSON.stringify({ code: "too_large", detail: "The text is too large." }), { status: 413 }),
    /could not be read for files/,
  ],
])("%s is told", async (_, answer, text) => {
  await show(answer);
  await user.click(screen.getByTestId("paste-find"));
  expect(await screen.findByText(text)).toBeTruthy();
  expect(screen.queryByTestId("paste-files")).toBeNull();
});
