import { fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Toaster } from "sonner";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { setLocale } from "@/paraglide/runtime.js";
import { pipeline, runSummary, runView, step } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { useDocument } from "../document";
import { useDraft } from "../draft";
import { Gallery } from "../Gallery";
import { importPipeline } from "../importPipeline";
import { miniLayout } from "./layout";

const TEMPLATE = {
  ...pipeline(step("analyze")),
  id: "react",
  name: "React form",
  description: "Makes forms",
};
const SAVED = {
  id: "s1",
  project_id: "p1",
  name: "Kept",
  version: 2,
  total_steps: 1,
  created_at: "2026-01-01T10:00:00Z",
  updated_at: "2026-01-01T10:00:00Z",
  roles: ["CodeLlama"],
};
const ROUTES = {
  "GET /templates": {
    templates: [TEMPLATE, { ...TEMPLATE, id: "sql", name: "SQL migration", description: "" }],
  },
  "GET /projects": { projects: [{ id: "p1", name: "Shop", created_at: "2026-01-01T10:00:00Z" }] },
  "GET /pipelines": { pipelines: [SAVED] },
  "GET /pipelines/s1": { ...SAVED, document: { ...pipeline(step("kept")), name: "Kept" } },
  "GET /runs": { runs: [runSummary("r1", { name: "Old run" })] },
  "GET /runs/r1": runView({ pipeline: { ...pipeline(step("ran")), name: "Old run" } }),
  "POST /pipelines": (body: unknown) => ({
    ...SAVED,
    id: "s2",
    version: 1,
    document: (body as { document: object }).document,
  }),
};

function Probe() {
  const { id, state, runId } = useDocument();
  return <output data-testid="probe">{JSON.stringify({ id, state, runId })}</output>;
}

function open() {
  const calls = serveApi(ROUTES);
  renderApp(
    <>
      <Gallery />
      <Probe />
    </>,
  );
  return calls;
}

const name = () => useDraft.getState().pipeline?.name;
const probe = () => JSON.parse(screen.getByTestId("probe").textContent ?? "{}");

beforeEach(() => useDraft.setState({ pipeline: null, keys: [], choosing: false }));
afterEach(() => vi.unstubAllGlobals());

test("a template opens without being saved, a run's pipeline is saved at once with its run", async () => {
  const calls = open();
  await userEvent.click(await screen.findByTestId("template-react"));
  expect(name()).toBe("React form");
  expect(probe()).toEqual({ id: null, state: "none" });
  expect(useDraft.getState().pipeline).not.toHaveProperty("id");
  await userEvent.click(await screen.findByTestId("from-run-r1"));
  await waitFor(() => expect(probe()).toEqual({ id: "s2", state: "saved", runId: "r1" }));
  expect(calls.filter((call) => call.method === "POST" && call.path.endsWith("/pipelines")).length).toBe(1);
});

test("a saved pipeline opens as it was left", async () => {
  open();
  await userEvent.click(await screen.findByTestId("open-s1"));
  await waitFor(() => expect(name()).toBe("Kept"));
  expect(probe()).toMatchObject({ id: "s1", state: "saved" });
});

test("a search finds templates by all of its words, and what is deleted can be brought back", async () => {
  const calls = open();
  await screen.findByTestId("template-sql");
  await userEvent.type(screen.getByTestId("gallery-search"), "sql codellama");
  expect(screen.queryByTestId("template-react")).toBeNull();
  expect(screen.getByTestId("template-sql")).toBeTruthy();
  await userEvent.clear(screen.getByTestId("gallery-search"));
  await userEvent.click(await screen.findByTestId("saved-menu-s1"));
  await userEvent.click(await screen.findByTestId("saved-menu-s1-delete"));
  await waitFor(() => expect(screen.queryByTestId("open-s1")).toBeNull());
  expect(calls.some((call) => call.method === "DELETE")).toBe(false);
});

test("a look inside shows the prompts before anything is opened", async () => {
  open();
  await userEvent.click(await screen.findByTestId("preview-react"));
  expect(await screen.findByText("Prompt of analyze")).toBeTruthy();
  expect(name()).toBeUndefined();
  await userEvent.click(screen.getByTestId("use-template"));
  expect(name()).toBe("React form");
});

test("a faulty file changes nothing and is told with place and remedy, in the window's language, until another is opened", async () => {
  serveApi(ROUTES);
  const { rerender } = render(<Toaster key="en" closeButton />);
  useDraft.getState().open({ ...pipeline(step("open")), name: "Open" });
  expect(importPipeline('{"name": "x", "steps": [{}]}', "bad.json")).toBe(false);
  expect(name()).toBe("Open");
  expect(await screen.findByText("bad.json was not opened")).toBeTruthy();
  expect(screen.getByTestId("import-faults").textContent).toContain("“step_name” is missing.");
  setLocale("es", { reload: false });
  rerender(<Toaster key="es" closeButton />);
  expect(await screen.findByText("bad.json no se abrió")).toBeTruthy();
  expect(screen.getByTestId("import-faults").textContent).toContain("Falta «step_name».");
  setLocale("en", { reload: false });
  expect(importPipeline(JSON.stringify({ ...pipeline(step("a")), name: "Good" }), "good.json")).toBe(true);
  expect(name()).toBe("Good");
  await waitFor(() => expect(screen.queryByTestId("import-faults")).toBeNull());
});

test("the faults of a file are closed by hand, and gone on another screen", async () => {
  serveApi(ROUTES);
  render(<Toaster closeButton />);
  importPipeline("{", "one.json");
  const notice = (await screen.findByTestId("import-faults")).closest("li") as HTMLElement;
  await userEvent.click(within(notice).getByRole("button", { name: "Close toast" }));
  await waitFor(() => expect(screen.queryByTestId("import-faults")).toBeNull());
  importPipeline("{", "two.json");
  await screen.findByTestId("import-faults");
  fireEvent(window, new HashChangeEvent("hashchange"));
  await waitFor(() => expect(screen.queryByTestId("import-faults")).toBeNull());
});

test("a small drawing shows branches beside each other and joins them in the Assembler", () => {
  const { nodes, edges, columns, rows } = miniLayout(
    pipeline(
      step("plan"),
      step("left", { inputs: ["plan"] }),
      step("right", { inputs: ["plan"] }),
      step("off", { enabled: false }),
    ),
  );
  expect(nodes.map(({ name, column, row }) => `${name} ${column} ${row}`)).toEqual([
    "plan 0 0",
    "left 1 0",
    "right 1 1",
    "assembler 2 0",
  ]);
  expect(edges).toEqual([
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 3],
  ]);
  expect([columns, rows]).toEqual([3, 2]);
});
