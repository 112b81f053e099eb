import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Toaster, toast } from "sonner";
import { afterEach, expect, test, vi } from "vitest";
import { DEFAULT_PROJECT } from "@/api/currentProject";
import type { Dropped } from "@/api/desktop";
import { useDraft } from "@/features/design/draft";
import { endImport, useModelsView } from "@/features/models/view";
import { pipeline, step } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { Drops } from "./Drops";

let drop: (items: Dropped[]) => void = () => {};
vi.mock("@/api/desktop", () => ({
  onDropped: (callback: typeof drop) => {
    drop = callback;
    return () => {};
  },
}));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const SHOP = { id: DEFAULT_PROJECT, name: "Shop", folder: "/old", global_context: { a: 1 }, created_at: "" };

function show(answers = {}) {
  const calls = serveApi({ "GET /projects": { projects: [SHOP] }, ...answers });
  const on = { onDesign: vi.fn(), onOpenRun: vi.fn(), onModels: vi.fn() };
  renderApp(<Drops {...on} />);
  return { calls, ...on };
}

test("a pipeline file is opened, and one that is none is told by name", async () => {
  const { onDesign } = show();
  render(<Toaster />);
  drop([{ kind: "pipeline", name: "p.json", text: JSON.stringify(pipeline(step("a"))) }]);
  await waitFor(() => expect(onDesign).toHaveBeenCalledTimes(1));
  expect(useDraft.getState().pipeline?.steps[0]?.step_name).toBe("a");
  drop([{ kind: "pipeline", name: "broken.json", text: "{" }]);
  expect(await screen.findByText("broken.json was not opened")).toBeTruthy();
  expect(onDesign).toHaveBeenCalledTimes(1);
});

test("a folder becomes the project's after asking, and nothing else of the project changes", async () => {
  const { calls } = show({ [`PUT /projects/${DEFAULT_PROJECT}`]: SHOP });
  await waitFor(() => expect(calls.length).toBe(0));
  drop([{ kind: "folder", name: "shop", path: "/home/me/shop" }]);
  const dialog = await screen.findByRole("alertdialog");
  await waitFor(() => expect(dialog.textContent).toContain("/old"));
  expect(dialog.textContent).toContain("/home/me/shop");
  await userEvent.click(screen.getByTestId("confirm-action"));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect(calls.find(({ method }) => method === "PUT")?.body).toEqual({
    name: "Shop",
    folder: "/home/me/shop",
    global_context: { a: 1 },
  });
});

test("a manifest opens its run when this machine knows it", async () => {
  const { onOpenRun, onDesign } = show({ "GET /runs/r1": {} });
  const failed = vi.spyOn(toast, "error");
  drop([{ kind: "manifest", name: "m.json", text: '{"run_id":"r1"}' }]);
  await waitFor(() => expect(onOpenRun).toHaveBeenCalledWith("r1"));
  drop([{ kind: "manifest", name: "m.json", text: '{"run_id":"r2"}' }]);
  await waitFor(() => expect(failed).toHaveBeenCalled());
  // One of another machine brings its pipeline along.
  const pipeline_document = {
    name: "Form",
    steps: [{ step_name: "a", model_type: "CodeGemma", prompt: "Go." }],
  };
  drop([
    {
      kind: "manifest",
      name: "m.json",
      text: JSON.stringify({ run_id: "r3", files: [], pipeline_document }),
    },
  ]);
  await waitFor(() => expect(onDesign).toHaveBeenCalledTimes(1));
  expect(onOpenRun).toHaveBeenCalledTimes(1);
});

test("a model opens the import with its path; in a browser, which tells none, the screen is offered", () => {
  const { onModels } = show();
  drop([{ kind: "model", name: "tiny.gguf" }]);
  expect(onModels).not.toHaveBeenCalled();
  expect(useModelsView.getState().importing).toBeNull();
  drop([{ kind: "model", name: "tiny.gguf", path: "/home/me/tiny.gguf" }]);
  expect(onModels).toHaveBeenCalledTimes(1);
  expect(useModelsView.getState()).toEqual({ part: "files", importing: "/home/me/tiny.gguf" });
  endImport();
});
