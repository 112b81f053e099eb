import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { renderApp, serveApi } from "@/test/render";
import { ExportSheet } from "./ExportSheet";

const invoke = vi.fn();
vi.mock("@tauri-apps/api/core", async (original) => ({
  ...(await original<object>()),
  invoke: (...args: unknown[]) => invoke(...args),
}));

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(window, "__TAURI_INTERNALS__");
});

const PLAN = {
  folder: "/work",
  files: [
    { name: "a.jsx", action: "new", size_bytes: 10 },
    { name: "b.css", action: "conflict", size_bytes: 10, diff: "@@ -1 +1 @@\n-old\n+new\n" },
    { name: "c.md", action: "same", size_bytes: 10 },
  ],
};

test("writes what is new, and a conflict only when it is ticked", async () => {
  const calls = serveApi({
    "POST /runs/r1/export/plan": PLAN,
    "POST /runs/r1/export": {
      folder: "/work",
      written: [{ name: "a.jsx", size_bytes: 10 }],
      skipped: [],
      manifest: "brickwork.json",
    },
  });
  renderApp(<ExportSheet runId="r1" onClose={vi.fn()} />);
  await userEvent.type(screen.getByTestId("export-folder"), "/work");
  const write = screen.getByTestId("export-write");
  await waitFor(() => expect(write.textContent).toBe("Write 1 file"));
  await userEvent.click(screen.getByRole("checkbox", { name: "Write b.css" }));
  expect(write.textContent).toBe("Write 2 files");
  await userEvent.click(write);
  expect((await screen.findByTestId("export-done")).textContent).toContain("Wrote 1 file");
  expect(calls.find((call) => call.path.endsWith("/runs/r1/export"))?.body).toEqual({
    folder: "/work",
    include: ["a.jsx", "b.css"],
    overwrite: true,
  });
});

const WRITTEN = {
  folder: "/work",
  written: [{ name: "a.jsx", size_bytes: 10 }],
  skipped: [],
  manifest: "brickwork.json",
  export_id: "e7",
  undo: true,
};
const open = async (folder = "/work") => userEvent.type(screen.getByTestId("export-folder"), folder);

test("the folder's branch is told, and whether it will be made", async () => {
  let facts: object = { branch: "main", is_git: true, exists: true };
  serveApi({ "POST /runs/r1/export/plan": () => ({ ...PLAN, ...facts }) });
  renderApp(<ExportSheet runId="r1" onClose={vi.fn()} />);
  await open();
  expect((await screen.findByTestId("export-branch")).textContent).toBe(" Branch main");
  facts = { is_git: false, exists: false };
  await open("/new");
  expect((await screen.findByTestId("export-new-folder")).textContent).toContain("will be made");
  expect(screen.queryByTestId("export-branch")).toBeNull();
  expect(screen.queryByTestId("export-new-branch")).toBeNull();
});

test("what is written may go to a new branch of a repository", async () => {
  const facts = { branch: "main", is_git: true, exists: true };
  const calls = serveApi({
    "POST /runs/r1/export/plan": () => ({ ...PLAN, ...facts }),
    "POST /runs/r1/export": WRITTEN,
  });
  renderApp(<ExportSheet runId="r1" onClose={vi.fn()} />);
  await open();
  await userEvent.type(await screen.findByTestId("export-new-branch"), " brickwork/form ");
  const write = screen.getByTestId("export-write");
  await waitFor(() => expect(write.hasAttribute("disabled")).toBe(false));
  await userEvent.click(write);
  await screen.findByTestId("export-done");
  const order = calls.find((call) => call.path.endsWith("/runs/r1/export"))?.body;
  expect(order).toMatchObject({ new_branch: "brickwork/form" });
});

test("a file gets another name where it stands, and the plan is made anew with it", async () => {
  const calls = serveApi({
    "POST /runs/r1/export/plan": (body: unknown) => {
      const name = (body as { rename?: Record<string, string> }).rename?.["a.jsx"] ?? "a.jsx";
      return { ...PLAN, files: [{ ...PLAN.files[0], name }, ...PLAN.files.slice(1)] };
    },
    "POST /runs/r1/export": WRITTEN,
  });
  renderApp(<ExportSheet runId="r1" onClose={vi.fn()} />);
  await open();
  await userEvent.click(await screen.findByTestId("plan-rename-a.jsx"));
  const field = screen.getByTestId("plan-name-input");
  await userEvent.clear(field);
  await userEvent.type(field, "src/Form.jsx{Enter}");
  expect((await screen.findByTestId("plan-src/Form.jsx")).textContent).toContain("a.jsx in the run");
  const write = screen.getByTestId("export-write");
  await waitFor(() => expect(write.hasAttribute("disabled")).toBe(false));
  await userEvent.click(write);
  await screen.findByTestId("export-done");
  expect(calls.find((call) => call.path.endsWith("/runs/r1/export"))?.body).toEqual({
    folder: "/work",
    rename: { "a.jsx": "src/Form.jsx" },
    include: ["src/Form.jsx"],
    overwrite: false,
  });
});

test("an export is undone, and a file that was edited since stays until the user says otherwise", async () => {
  const undone = (skipped: object[]) => ({
    folder: "/work",
    restored: ["b.css"],
    removed: ["a.jsx"],
    skipped,
  });
  const calls = serveApi({
    "POST /runs/r1/export/plan": PLAN,
    "POST /runs/r1/export": WRITTEN,
    "POST /exports/e7/undo": (body: unknown) =>
      undone((body as { overwrite: boolean }).overwrite ? [] : [{ name: "c.md", reason: "It was edited." }]),
  });
  renderApp(<ExportSheet runId="r1" onClose={vi.fn()} />);
  await open();
  const write = screen.getByTestId("export-write");
  await waitFor(() => expect(write.hasAttribute("disabled")).toBe(false));
  await userEvent.click(write);
  await userEvent.click(await screen.findByTestId("export-undo"));
  expect((await screen.findByTestId("export-undone")).textContent).toContain("2 files are as they were");
  expect(screen.getByTestId("undo-skipped").textContent).toContain("It was edited.");
  await userEvent.click(screen.getByTestId("undo-overwrite"));
  await waitFor(() => expect(screen.queryByTestId("undo-skipped")).toBeNull());
  const asked = calls.filter((call) => call.path.endsWith("/undo")).map((call) => call.body);
  expect(asked).toEqual([{ overwrite: false }, { overwrite: true }]);
});

test("earlier exports of the run are listed, each with its undo", async () => {
  const past = { folder: "/shop", exported_at: "2026-01-01T10:00:00Z", files: 3 };
  const calls = serveApi({
    "GET /runs/r1/exports": {
      exports: [
        { ...past, export_id: "e2", undone: false },
        { ...past, export_id: "e1", undone: true },
      ],
    },
    "POST /exports/e2/undo": { folder: "/shop", restored: [], removed: ["a.jsx"], skipped: [] },
  });
  renderApp(<ExportSheet runId="r1" onClose={vi.fn()} />);
  expect((await screen.findByTestId("past-export-e1")).textContent).toContain("Undone");
  await userEvent.click(screen.getByTestId("undo-export-e2"));
  await screen.findByTestId("export-undone");
  expect(calls.filter((call) => call.path.endsWith("/undo")).length).toBe(1);
  await userEvent.click(screen.getByTestId("export-back"));
  expect(screen.getByTestId("export-folder")).toBeTruthy();
});

test("a browser downloads the zip", () => {
  serveApi({});
  renderApp(<ExportSheet runId="r1" onClose={vi.fn()} />);
  const link = screen.getByTestId("export-zip");
  expect(link.getAttribute("href")).toBe("/api/v1/orchestrator/runs/r1/artifacts.zip");
  expect(link.hasAttribute("download")).toBe(true);
});

test.each([
  [{ kind: "saved", path: "/home/me/run.zip" }, "status", "Saved: /home/me/run.zip"],
  [
    { kind: "unwritten", path: "/locked/run.zip", cause: "Permission denied" },
    "alert",
    "The zip was not saved/locked/run.zip could not be written: Permission denied. Choose another place.",
  ],
  [
    { kind: "refused", status: 409, text: '{"title":"Conflict","detail":"The run has no files."}' },
    "alert",
    "The zip was not savedThe run has no files.",
  ],
  [new Error("The file dialog failed."), "alert", "The zip was not savedThe file dialog failed."],
  [{ kind: "dismissed" }, "status", undefined],
])("the window saves the zip where the user says: %o", async (answer, role, told) => {
  Object.assign(window, { __TAURI_INTERNALS__: {} });
  invoke.mockReset().mockImplementation((command: string) => {
    if (command !== "save_zip") return new Promise(() => {});
    return answer instanceof Error ? Promise.reject(answer.message) : Promise.resolve(answer);
  });
  renderApp(<ExportSheet runId="r1" onClose={vi.fn()} />);
  const save = screen.getByTestId("export-zip");
  await userEvent.click(save);
  await waitFor(() => expect(save.hasAttribute("disabled")).toBe(false));
  expect(invoke).toHaveBeenCalledWith("save_zip", { title: "Save the files as a zip", runId: "r1" });
  if (told) expect((await screen.findByRole(role)).textContent).toBe(told);
  else expect([screen.queryByRole("alert"), screen.queryByTestId("export-zip-saved")]).toEqual([null, null]);
});
