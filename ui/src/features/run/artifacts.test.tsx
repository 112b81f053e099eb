import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { startLive } from "@/api/runView";
import type { Artifact, RunView } from "@/api/types";
import type { ArtifactOperation } from "@/api/watch";
import { treeRows } from "@/components/treeRows";
import { artifact, runView, stepView } from "@/test/fixtures";
import { type Call, renderApp, serveApi } from "@/test/render";
import { partNames, togglePick } from "./fileForms";
import { RunPanes } from "./RunScreen";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

const actions = { onEdit: vi.fn(), onOpenRun: vi.fn(), onExport: vi.fn(), onChanged: vi.fn() };
const FILES = [
  artifact("src/Form.jsx", "one\ntwo\nthree\n"),
  artifact("src/form.css", "a{}\n"),
  artifact("README.md", "# Form\n"),
];
const finished = (extra: Partial<RunView> = {}) =>
  runView({
    status: "SUCCESS",
    steps: [stepView(0, { status: "SUCCESS", result: "x" }), stepView(1, { status: "SUCCESS" })],
    final_artifacts: FILES,
    final_artifacts_from: "assembler",
    ...extra,
  });

/** The final files of a finished run, and the operations that are sent for them. */
function show(extra: Partial<RunView> = {}, answer: unknown = finished({ seq: 5 })) {
  const calls = serveApi({
    "POST /runs/r1/artifacts/edit": answer,
    "GET /runs/r1/artifacts": {
      artifacts: FILES.map((file: Artifact, index) => ({
        ...file,
        id: 40 + index,
        step_name: "assembler",
        position: 2,
        final: true,
      })),
    },
  });
  renderApp(<RunPanes live={startLive(finished(extra))} {...actions} />);
  return () => operations(calls);
}

const operations = (calls: Call[]) =>
  calls
    .filter((call) => call.path.endsWith("/artifacts/edit"))
    .map((call) => call.body as { target: unknown; operation: ArtifactOperation });

const user = userEvent.setup();
async function choose(action: string) {
  await user.click(screen.getByTestId("file-menu"));
  await user.click(await screen.findByTestId(`file-menu-${action}`));
}

test("files stand in folders that close", () => {
  const rows = (closed: string[]) =>
    treeRows(FILES, new Set(closed)).map((row) => [row.kind, row.name, row.depth]);
  expect(rows([])).toEqual([
    ["folder", "src", 0],
    ["file", "Form.jsx", 1],
    ["file", "form.css", 1],
    ["file", "README.md", 0],
  ]);
  expect(rows(["src"])).toEqual([
    ["folder", "src", 0],
    ["file", "README.md", 0],
  ]);
  expect(partNames("src/Form.jsx", 3)).toEqual(["src/Form.jsx", "src/Form-2.jsx", "src/Form-3.jsx"]);
  expect(partNames(".env", 2)).toEqual([".env", ".env-2"]);
  expect(togglePick(togglePick([2], 0), 2)).toEqual([0]);
});

test("F2 renames the shown file, and a refusal stands at the field", async () => {
  const refused = new Response(JSON.stringify({ code: "invalid", detail: "A file is called so already." }), {
    status: 422,
  });
  const sent = show({}, () => refused.clone());
  await user.click(screen.getByTestId("artifact-src/form.css"));
  await user.keyboard("{F2}");
  const field = await screen.findByTestId("file-name-input");
  await user.clear(field);
  await user.type(field, "README.md{Enter}");
  await waitFor(() =>
    expect(sent()).toEqual([
      { target: { of: "final" }, operation: { op: "rename", index: 1, name: "README.md" } },
    ]),
  );
  expect((await within(screen.getByTestId("file-form")).findByRole("alert")).textContent).toBe(
    "A file is called so already.",
  );
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(actions.onChanged).not.toHaveBeenCalled();
});

test("files merge in the order in which they are ticked", async () => {
  const sent = show();
  await choose("merge");
  await user.click(await screen.findByTestId("merge-README.md"));
  await user.click(screen.getByTestId("merge-src/form.css"));
  await user.click(screen.getByTestId("file-form-send"));
  await waitFor(() =>
    expect(sent()[0]?.operation).toEqual({ op: "merge", indices: [0, 2, 1], name: "src/Form.jsx" }),
  );
  await waitFor(() => expect(screen.queryByTestId("file-form")).toBeNull());
  expect(actions.onChanged).toHaveBeenCalledTimes(1);
});

test("a file is split between lines, into files with names of their own", async () => {
  const sent = show();
  await choose("split");
  expect(screen.getByTestId("split-send").hasAttribute("disabled")).toBe(true);
  await user.click(screen.getByTestId("split-at-3"));
  await user.click(screen.getByTestId("split-at-2"));
  await user.click(screen.getByTestId("split-at-3"));
  const second = screen.getByTestId("split-name-1");
  await user.clear(second);
  await user.type(second, "src/rest.jsx");
  await user.click(screen.getByTestId("split-send"));
  await waitFor(() =>
    expect(sent()[0]?.operation).toEqual({
      op: "split",
      index: 0,
      at_lines: [2],
      names: ["src/Form.jsx", "src/rest.jsx"],
    }),
  );
});

test("the type and the content change", async () => {
  const sent = show();
  await choose("retype");
  const type = await screen.findByTestId("file-type-input");
  await user.clear(type);
  await user.type(type, ".tsx");
  await user.click(screen.getByTestId("file-form-send"));
  await waitFor(() =>
    expect(sent()[0]?.operation).toEqual({ op: "retype", index: 0, type: "tsx", rename: true }),
  );
  await waitFor(() => expect(screen.queryByTestId("file-form")).toBeNull());
  await choose("edit");
  const editor = await waitFor(() => within(screen.getByTestId("file-editor")).getByRole("textbox"));
  expect(screen.getByTestId("file-save").hasAttribute("disabled")).toBe(true);
  await user.click(editor);
  await user.paste("zero\n");
  await user.click(screen.getByTestId("file-save"));
  await waitFor(() => expect(sent()[1]?.operation.op).toBe("set_content"));
  expect(JSON.stringify(sent()[1])).toContain("zero\\n");
});

test("a file is removed, and edits are taken back one by one or all at once", async () => {
  const sent = show({ final_artifacts_edited: true });
  expect(screen.getByTestId("files-edited").textContent).toBe("edited");
  await choose("remove");
  await choose("undo");
  await choose("reset");
  await waitFor(() =>
    expect(sent().map((one) => one.operation)).toEqual([
      { op: "remove", index: 0 },
      { op: "undo" },
      { op: "reset" },
    ]),
  );
});

test("a page is previewed in a frame that may do nothing, and its source is one click away", async () => {
  show();
  await user.click(screen.getByTestId("artifact-README.md"));
  await user.click(screen.getByRole("radio", { name: "Preview" }));
  const frame = await screen.findByTestId("preview-frame");
  expect(frame.getAttribute("sandbox")).toBe("");
  expect(frame.getAttribute("title")).toBe("Preview of README.md");
  expect(frame.getAttribute("src")).toContain("/runs/r1/artifacts/42/preview?theme=light");
  await user.click(screen.getByRole("radio", { name: "Dark" }));
  expect(screen.getByTestId("preview-frame").getAttribute("src")).toContain("theme=dark");
  await user.click(screen.getByRole("radio", { name: "Source" }));
  expect(screen.getByTestId("highlighted-code").textContent).toContain("# Form");
  await user.click(screen.getByTestId("artifact-src/Form.jsx"));
  expect(screen.queryByRole("radio", { name: "Preview" })).toBeNull();
});
