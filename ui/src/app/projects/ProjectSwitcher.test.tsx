import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DEFAULT_PROJECT, useChosenProject } from "@/api/currentProject";
import { useExecute } from "@/api/queries";
import type { Project } from "@/api/types";
import { expectAccessible } from "@/test/axe";
import { pipeline, step } from "@/test/fixtures";
import { type Call, renderApp, serveApi } from "@/test/render";
import { ProjectSwitcher } from "./ProjectSwitcher";

const project = (id: string, name: string, extra: Partial<Project> = {}): Project => ({
  id,
  name,
  created_at: "2026-01-01T00:00:00Z",
  ...extra,
});

let projects: Project[];
beforeEach(() => {
  projects = [
    project(DEFAULT_PROJECT, "Default project"),
    project("shop", "Shop", { folder: "/home/me/shop", global_context: { framework: "react" } }),
  ];
  useChosenProject.setState({ id: DEFAULT_PROJECT });
});
afterEach(() => vi.unstubAllGlobals());

function RunButton() {
  const execute = useExecute();
  return (
    <button type="button" onClick={() => execute.mutate({ ...pipeline(step("a")), project_id: "elsewhere" })}>
      go
    </button>
  );
}

function show(answers = {}): Call[] {
  const calls = serveApi({
    "GET /projects": () => ({ projects }),
    "GET /runs": { runs: [], total: 1234 },
    ...answers,
  });
  renderApp(
    <>
      <ProjectSwitcher />
      <RunButton />
    </>,
  );
  return calls;
}

const open = async () => {
  await screen.findByText("Default project");
  await userEvent.click(screen.getByTestId("project-switcher"));
  await screen.findByTestId("project-menu");
};

test("another project becomes the current one, is remembered, and gets the runs that are started", async () => {
  const calls = show({ "POST /projects/shop/execute": {} });
  await open();
  await expectAccessible();
  await userEvent.click(screen.getByTestId("project-option-shop"));
  await waitFor(() => expect(screen.getByTestId("project-switcher").textContent).toContain("Shop"));
  expect(localStorage.getItem("brickwork.project")).toBe("shop");
  await userEvent.click(screen.getByText("go"));
  await waitFor(() => {
    const started = calls.find(({ path }) => path.endsWith("/projects/shop/execute"));
    expect(started?.body).toEqual(pipeline(step("a")));
  });
});

test("a remembered project that has gone gives way to the first", async () => {
  useChosenProject.setState({ id: "gone" });
  show();
  expect(await screen.findByText("Default project")).toBeTruthy();
});

test("a project is made with name, folder and context, and becomes the current one", async () => {
  const made = project("blog", "Blog", { folder: "/home/me/blog" });
  const calls = show({
    "POST /projects": () => {
      projects = [...projects, made];
      return made;
    },
  });
  await open();
  await userEvent.click(screen.getByTestId("project-new"));
  expect((await screen.findByTestId("project-save")).hasAttribute("disabled")).toBe(true);
  await userEvent.type(screen.getByTestId("project-name"), "Blog");
  await userEvent.type(screen.getByTestId("project-folder"), "/home/me/blog");
  await expectAccessible();
  await userEvent.click(screen.getByTestId("project-save"));
  await waitFor(() => expect(screen.getByTestId("project-switcher").textContent).toContain("Blog"));
  const created = calls.find(({ method, path }) => method === "POST" && path.endsWith("/projects"));
  expect(created?.body).toEqual({ name: "Blog", folder: "/home/me/blog", global_context: {} });
});

test("a refused folder is told, and nothing that was typed is lost", async () => {
  const refusal = { detail: "The folder does not exist." };
  show({ "PUT /projects/shop": new Response(JSON.stringify(refusal), { status: 422 }) });
  useChosenProject.setState({ id: "shop" });
  await screen.findByText("Shop");
  await userEvent.click(screen.getByTestId("project-switcher"));
  await userEvent.click(await screen.findByTestId("project-edit"));
  const folder = (await screen.findByTestId("project-folder")) as HTMLInputElement;
  expect(folder.value).toBe("/home/me/shop");
  await userEvent.type(folder, "/x");
  await userEvent.click(screen.getByTestId("project-save"));
  expect((await screen.findByRole("alert")).textContent).toContain("The folder does not exist.");
  expect(folder.value).toBe("/home/me/shop/x");
});

test("deleting says what goes, and the default project is current again", async () => {
  const calls = show({
    "DELETE /projects/shop": () => {
      projects = projects.slice(0, 1);
      return new Response(null, { status: 204 });
    },
  });
  useChosenProject.setState({ id: "shop" });
  await screen.findByText("Shop");
  await userEvent.click(screen.getByTestId("project-switcher"));
  await userEvent.click(await screen.findByTestId("project-edit"));
  await userEvent.click(await screen.findByTestId("project-delete"));
  const dialog = await screen.findByRole("alertdialog");
  await waitFor(() => expect(dialog.textContent).toContain("1,234 runs"));
  await userEvent.click(screen.getByTestId("confirm-action"));
  await waitFor(() => expect(useChosenProject.getState().id).toBe(DEFAULT_PROJECT));
  expect(calls.find(({ method }) => method === "DELETE")?.path).toContain("with_content=true");
});

test("the default project cannot be deleted", async () => {
  show();
  await open();
  await userEvent.click(screen.getByTestId("project-edit"));
  await screen.findByTestId("project-form");
  expect(screen.queryByTestId("project-delete")).toBeNull();
});
