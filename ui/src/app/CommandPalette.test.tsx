import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { onCommandKey, useCommands } from "@/components/commands";
import { renderApp } from "@/test/render";
import { CommandPalette } from "./CommandPalette";
import { KeysDialog } from "./KeysDialog";

const run = vi.fn();
const other = vi.fn();

function Window() {
  useCommands([
    { id: "zz.first", title: "Duplicate the step", group: "edit", keys: "mod+d", run },
    { id: "zz.second", title: "Show the outline", group: "view", words: "list", run: other },
    { id: "zz.off", title: "Delete the step", group: "edit", keys: "delete", disabled: true, run: other },
    { id: "design.copy", title: "Copy the selected steps", group: "edit", run: other },
  ]);
  return (
    <>
      <button type="button">before</button>
      <CommandPalette />
      <KeysDialog />
    </>
  );
}

beforeEach(() => window.addEventListener("keydown", onCommandKey));
afterEach(() => {
  window.removeEventListener("keydown", onCommandKey);
  vi.clearAllMocks();
});

async function openPalette(text: string) {
  renderApp(<Window />);
  screen.getByText("before").focus();
  await userEvent.keyboard("{Control>}k{/Control}");
  await userEvent.type(await screen.findByTestId("palette-input"), text);
}

test("some letters of a title find its command, Enter carries it out, and the focus comes back", async () => {
  await openPalette("dupst");
  expect(screen.getByTestId("command-zz.first").textContent).toContain("Ctrl D");
  expect(screen.queryByTestId("command-zz.second")).toBeNull();
  await userEvent.keyboard("{Enter}");
  await waitFor(() => expect(run).toHaveBeenCalledTimes(1));
  expect(screen.queryByTestId("command-palette")).toBeNull();
  await waitFor(() => expect(document.activeElement).toBe(screen.getByText("before")));
});

test("a command is found by its other words too, but not by its id", async () => {
  await openPalette("list");
  expect(screen.getByTestId("command-zz.second")).toBeTruthy();
  await userEvent.clear(screen.getByTestId("palette-input"));
  await userEvent.type(screen.getByTestId("palette-input"), "zz");
  expect(screen.getByText("No command matches.")).toBeTruthy();
});

test("a command that cannot be carried out now is listed and does nothing", async () => {
  await openPalette("delete");
  expect(screen.getByTestId("command-zz.off").getAttribute("aria-disabled")).toBe("true");
  await userEvent.click(screen.getByTestId("command-zz.off"));
  expect(other).not.toHaveBeenCalled();
});

test("? lists every key there is, those of the clipboard too", async () => {
  renderApp(<Window />);
  await userEvent.keyboard("?");
  const dialog = await screen.findByTestId("keys-dialog");
  expect(dialog.textContent).toContain("Duplicate the step");
  expect(dialog.textContent).toContain("Ctrl D");
  expect(dialog.textContent).toContain("Ctrl C");
  expect(dialog.textContent).not.toContain("Show the outline");
  await userEvent.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByTestId("keys-dialog")).toBeNull());
});
