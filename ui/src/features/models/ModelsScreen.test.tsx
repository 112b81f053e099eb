import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { allCommands, useRegistry } from "@/components/commands";
import { expectAccessible } from "@/test/axe";
import { renderApp, serveApi } from "@/test/render";
import { file, fitView, list, role, usage } from "./fixtures";
import { ModelsScreen } from "./ModelsScreen";
import { beginImport, endImport, showPart } from "./view";

// What is got and moved is judged by tests of its own.
vi.mock("./get/GetModels", () => ({ GetModels: () => <p>what can be got</p> }));
vi.mock("./transfers/TransfersBadge", () => ({
  TransfersBadge: () => <button type="button">transfers</button>,
}));

beforeEach(() => {
  endImport();
  showPart("roles");
});
afterEach(() => vi.unstubAllGlobals());

function show(answers = {}) {
  serveApi({
    "GET /models": list([role("CodeLlama", { stand_in: true }), role("CodeGemma")], [file("tiny")]),
    "POST /fit": fitView(),
    "GET /model-files/usage": usage(),
    "GET /model-files/found": { models: [], problems: [] },
    ...answers,
  });
  renderApp(<ModelsScreen />);
}

test("the three parts are reached by keys and by commands, and the last one is kept", async () => {
  show();
  await screen.findByTestId("role-CodeLlama");
  expect(screen.getByText(/1 role is played by a stand-in/)).toBeTruthy();
  screen.getByRole("radio", { name: "Roles" }).focus();
  await userEvent.keyboard("{ArrowRight}");
  await screen.findByTestId("files-table");
  await userEvent.click(screen.getByRole("radio", { name: "Get models" }));
  expect(screen.getByText("what can be got")).toBeTruthy();
  const commands = allCommands(useRegistry.getState().lists);
  commands.find(({ id }) => id === "models.files")?.run();
  await screen.findByTestId("files-table");
});

test("an import that began elsewhere in the window is open over the list of files", async () => {
  beginImport("/home/me/tiny.gguf");
  show();
  const path = await screen.findByTestId("import-path");
  expect((path as HTMLInputElement).value).toBe("/home/me/tiny.gguf");
  await userEvent.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByTestId("import")).toBeNull());
});

test("models that cannot be loaded say so and can be asked for again", async () => {
  const answers = [new Response("{}", { status: 500 }), list([role("CodeLlama")])];
  show({ "GET /models": () => answers.shift() });
  await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
  await screen.findByTestId("role-CodeLlama");
});

test("names, roles and states are there for assistive technology", async () => {
  show();
  await screen.findByTestId("fit-CodeGemma");
  await expectAccessible();
  showPart("files");
  await screen.findByTestId("files-table");
  await expectAccessible();
});
