import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { BundleImportReport } from "@/api/getModels";
import { expectAccessible } from "@/test/axe";
import { type Call, renderApp, serveApi } from "@/test/render";
import { transferView } from "../testData";
import { bundleIn } from "./bundlePath";
import { MakeBundle } from "./MakeBundle";
import { OpenBundle } from "./OpenBundle";

afterEach(() => vi.unstubAllGlobals());

const bodies = (calls: Call[], route: string) =>
  calls.filter(({ path }) => path.endsWith(route)).map(({ body }) => body);
const refused = (detail: string) =>
  new Response(JSON.stringify({ code: "invalid", detail }), { status: 422 });

const PIPELINES = [
  { id: "p1", name: "Form", project_id: "a" },
  { id: "p2", name: "Table", project_id: "a" },
];

const REPORT: BundleImportReport = {
  path: "/in.brickwork-bundle",
  made_at: "2026-01-01T10:00:00Z",
  program_version: "0.1.0",
  pipelines: [
    { name: "Form", outcome: "new" },
    { name: "Table", outcome: "already_there" },
  ],
  models: [
    { id: "tiny", outcome: "new", files: ["tiny.gguf"], size_bytes: 2e9, sha256: ["ab"], included: true },
    {
      id: "large",
      outcome: "missing",
      files: ["large.gguf"],
      size_bytes: 9e9,
      sha256: ["cd"],
      repository: "someone/large",
      included: false,
    },
  ],
  bindings: [{ role: "CodeLlama", model_id: "tiny", outcome: "bound" }],
  needed_bytes: 2e9,
};

function openDialog(answers = {}): { calls: Call[]; onClose: ReturnType<typeof vi.fn> } {
  const calls = serveApi({
    "GET /projects": { projects: [{ id: "a", name: "Website" }] },
    "POST /bundles/import/plan": REPORT,
    "POST /bundles/import": transferView("t", { kind: "bundle_import" }),
    ...answers,
  });
  const onClose = vi.fn();
  renderApp(<OpenBundle onClose={onClose} />);
  return { calls, onClose };
}

test("a bundle is made of the pipelines chosen, with the models where asked for", async () => {
  const calls = serveApi({
    "GET /pipelines": { pipelines: PIPELINES },
    "GET /projects": { projects: [{ id: "a", name: "Website" }] },
    "POST /bundles/export": transferView("t", { kind: "bundle_export" }),
  });
  const onClose = vi.fn();
  renderApp(<MakeBundle onClose={onClose} />);
  const action = screen.getByTestId("bundle-make-do");
  await userEvent.click(await screen.findByRole("checkbox", { name: "Table" }));
  expect(action.hasAttribute("disabled")).toBe(true);
  await userEvent.click(screen.getByTestId("bundle-with-models"));
  await userEvent.type(screen.getByTestId("bundle-path"), "/out.brickwork-bundle");
  expect(action.textContent).toContain("Bundle 1 pipeline");
  await expectAccessible();
  await userEvent.click(action);
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(bodies(calls, "/bundles/export")).toEqual([
    { path: "/out.brickwork-bundle", pipelines: ["p2"], with_models: true },
  ]);
});

test("a refusal is told in the dialog, which stays as it was", async () => {
  serveApi({
    "GET /pipelines": { pipelines: PIPELINES },
    "GET /projects": { projects: [] },
    "POST /bundles/export": () => refused("`/out` lies in no folder that exists."),
  });
  const onClose = vi.fn();
  renderApp(<MakeBundle onClose={onClose} />);
  await userEvent.click(await screen.findByRole("button", { name: "Choose all" }));
  await userEvent.type(screen.getByTestId("bundle-path"), "/out{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("lies in no folder that exists");
  expect(onClose).not.toHaveBeenCalled();
});

test("without a saved pipeline the dialog says why there is nothing to choose", async () => {
  serveApi({ "GET /pipelines": { pipelines: [] }, "GET /projects": { projects: [] } });
  renderApp(<MakeBundle onClose={vi.fn()} />);
  expect(await screen.findByText(/There is no saved pipeline yet/)).toBeTruthy();
});

test("a bundle shows what it would do before it is imported", async () => {
  const { calls, onClose } = openDialog();
  const action = screen.getByTestId("bundle-import");
  await userEvent.type(screen.getByTestId("bundle-path"), "/in.brickwork-bundle{Enter}");
  const plan = await screen.findByTestId("bundle-plan");
  expect(bodies(calls, "/bundles/import")).toEqual([]);
  for (const part of [
    "Writes 2.0 GB.",
    "here already",
    "Get it from someone/large.",
    "SHA-256 cd",
    "gets this model",
  ])
    expect(plan.textContent).toContain(part);
  await expectAccessible();
  await userEvent.click(action);
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  const request = { path: "/in.brickwork-bundle", project_id: "a", bind: true };
  expect(bodies(calls, "/bundles/import/plan")).toEqual([request]);
  expect(bodies(calls, "/bundles/import")).toEqual([request]);
});

test("another choice for the roles is looked at anew", async () => {
  const { calls } = openDialog();
  await userEvent.type(screen.getByTestId("bundle-path"), "/in{Enter}");
  await screen.findByTestId("bundle-plan");
  await userEvent.click(screen.getByTestId("bundle-bind"));
  await waitFor(() => expect(bodies(calls, "/bundles/import/plan").length).toBe(2));
  expect(bodies(calls, "/bundles/import/plan")[1]).toEqual({ path: "/in", project_id: "a", bind: false });
});

test("a bundle whose model's name is taken cannot be imported, and says what to do", async () => {
  const [first, second] = REPORT.models;
  openDialog({
    "POST /bundles/import/plan": { ...REPORT, models: [{ ...first, outcome: "name_taken" }, second] },
  });
  await userEvent.type(screen.getByTestId("bundle-path"), "/in{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("Rename it");
  expect(screen.getByTestId("bundle-import").hasAttribute("disabled")).toBe(true);
});

test("what is no bundle is refused in the router's words", async () => {
  openDialog({ "POST /bundles/import/plan": () => refused("It is no bundle. Choose another file.") });
  await userEvent.type(screen.getByTestId("bundle-path"), "/in{Enter}");
  const alert = await screen.findByRole("alert");
  expect(within(alert).getByText(/Choose another file/)).toBeTruthy();
  expect(screen.getByTestId("bundle-import").hasAttribute("disabled")).toBe(true);
});

test.each([
  ["/home/me/", "/home/me/brickwork-2026-03-04.brickwork-bundle"],
  ["C:\\Users\\me", "C:\\Users\\me\\brickwork-2026-03-04.brickwork-bundle"],
])("a bundle in %s is named after the day", (folder, path) => {
  expect(bundleIn(folder, new Date(2026, 2, 4))).toBe(path);
});
