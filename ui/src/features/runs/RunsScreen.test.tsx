import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { toast } from "sonner";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useChosenProject } from "@/api/currentProject";
import type { ListedRun } from "@/api/library";
import type { QueueView } from "@/api/types";
import { onCommandKey } from "@/components/commands";
import { expectAccessible } from "@/test/axe";
import { listedRun, runSummary } from "@/test/fixtures";
import { type Call, renderApp, serveApi } from "@/test/render";
import { NO_FILTERS, toQuery, useFilters } from "./filters";
import { RunsScreen } from "./RunsScreen";

// Only rows in view are drawn, and without a layout nothing is in view.
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(800);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1000);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  useFilters.setState(NO_FILTERS);
});

const NAMES = ["zeta", "yota", "xeno"];
const ENDED = NAMES.map((name, index) =>
  listedRun(name, { created_at: `2026-01-0${5 - index}T10:00:00Z`, generated_tokens: 1200 + index }),
);
const QUEUE: QueueView = {
  holder: "self",
  running: [runSummary("now", { status: "RUNNING", finished_steps: 1 })],
  waiting: [runSummary("a"), runSummary("b"), runSummary("c")],
  held: [runSummary("stopped", { paused: true }), runSummary("cut", { interrupted: true })],
};
const EMPTY: QueueView = { holder: "self", running: [], waiting: [], held: [] };
const PROJECTS = [
  { id: "p1", name: "Shop", created_at: "" },
  { id: "p2", name: "Blog", created_at: "" },
];

interface Shown {
  calls: Call[];
  onOpen: ReturnType<typeof vi.fn>;
  onCompare: ReturnType<typeof vi.fn>;
  container: HTMLElement;
}

function show(queue: QueueView, runs: ListedRun[], answers = {}): Shown {
  const calls = serveApi({
    "GET /queue": queue,
    "GET /runs": { runs, total: runs.length },
    "GET /projects": { projects: [] },
    "GET /pipelines": { pipelines: [] },
    ...answers,
  });
  const [onOpen, onCompare] = [vi.fn(), vi.fn()];
  const { container } = renderApp(<RunsScreen onOpen={onOpen} onDesign={vi.fn()} onCompare={onCompare} />);
  return { calls, onOpen, onCompare, container };
}

const moves = (calls: Call[]) =>
  calls.filter(({ path }) => path.endsWith("/move")).map(({ path, body }) => [path.split("/").at(-2), body]);
const asked = (calls: Call[]) =>
  calls
    .filter(({ method, path }) => method === "GET" && path.includes("/runs?"))
    .map(({ path }) => new URLSearchParams(path.split("?")[1]));
const posted = (calls: Call[], route: string) =>
  calls.filter(({ method, path }) => method === "POST" && path.endsWith(route)).map(({ body }) => body);
const rows = () =>
  [...document.querySelectorAll(".run-rows .run-title button")].map((row) => row.textContent);

test("the queue stands above the runs that have ended, of which only those are asked for", async () => {
  const { calls } = show(QUEUE, ENDED);
  const queue = await screen.findByTestId("queue");
  const names = [...queue.querySelectorAll(".queue-name")].map((name) => name.textContent);
  expect(names).toEqual(["now", "a", "b", "c", "stopped", "cut"]);
  expect(within(queue).getByText("Paused")).toBeTruthy();
  expect(within(queue).getByText("Interrupted")).toBeTruthy();
  await waitFor(() => expect(rows()).toEqual(NAMES));
  expect(asked(calls)[0]?.get("status")).toBe("SUCCESS,FAILED,CANCELLED");
  expect(asked(calls)[0]?.get("count")).toBe("true");
});

test("waiting runs are moved by buttons and keys, and the focus stays with the run", async () => {
  const order = (...ids: string[]) => ({ ...QUEUE, waiting: ids.map((id) => runSummary(id)) });
  const { calls } = show(QUEUE, [], {
    "POST /runs/c/move": order("c", "a", "b"),
    "POST /runs/a/move": order("c", "b", "a"),
  });
  await userEvent.click(await screen.findByTestId("queue-front-c"));
  expect(moves(calls)).toEqual([["c", { before: "a" }]]);
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("queue-front-c")));
  expect(screen.getByText("c is now 1st in the queue")).toBeTruthy();
  // At the edge the button stays reachable and does nothing.
  await userEvent.click(screen.getByTestId("queue-front-c"));
  const name = screen.getByTestId("run-row-a");
  name.focus();
  fireEvent.keyDown(name, { key: "ArrowDown", altKey: true });
  await waitFor(() => expect(moves(calls).length).toBe(2));
  expect(moves(calls)[1]).toEqual(["a", { before: null }]);
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("run-row-a")));
});

test("a held run is resumed from the list", async () => {
  const { calls } = show(QUEUE, [], { "POST /runs/cut/resume": {} });
  await userEvent.click(await screen.findByTestId("queue-resume-cut"));
  expect(posted(calls, "/runs/cut/resume").length).toBe(1);
});

test("only rows in view exist, and the list is as high as all of its runs", async () => {
  const runs = Array.from({ length: 100 }, (_, index) => listedRun(`run ${index}`));
  show(EMPTY, runs, { "GET /runs": { runs, total: 100_000, next: "more" } });
  await screen.findByTestId("run-row-run 0");
  expect(screen.getByTestId("runs-total").textContent).toBe("100,000");
  expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("100001");
  expect(document.querySelectorAll(".run-rows .run-row").length).toBeLessThan(60);
  expect(document.querySelector<HTMLElement>(".run-rows")?.style.height).toBe(`${100_000 * 46}px`);
});

test("the next page is fetched when it comes into view", async () => {
  const all = Array.from({ length: 17 }, (_, index) => listedRun(`run ${index}`));
  const { calls } = show(EMPTY, [], {
    "GET /runs": (_: unknown, path: string) =>
      path.includes("before=c1") ? { runs: all.slice(8) } : { runs: all.slice(0, 8), total: 17, next: "c1" },
  });
  await screen.findByTestId("run-row-run 0");
  fireEvent.keyDown(document.querySelector('[data-place="0"]') as Element, { key: "End" });
  await screen.findByTestId("run-row-run 16");
  await waitFor(() => expect(document.activeElement?.getAttribute("data-place")).toBe("16"));
  expect(asked(calls).filter((search) => search.get("before") === "c1").length).toBe(1);
});

test("what is typed is searched for, and its place in the run is shown as text", async () => {
  const found = listedRun("hit", {
    snippet: [
      { text: "a <b>", hit: false },
      { text: "needle", hit: true },
      { text: "</b>", hit: false },
    ],
  });
  const { calls, container } = show(EMPTY, ENDED, {
    "GET /runs": (_: unknown, path: string) =>
      path.includes("q=") ? { runs: [found], total: 1 } : { runs: ENDED, total: 3 },
  });
  await screen.findByTestId("run-row-zeta");
  await userEvent.type(screen.getByTestId("runs-search"), "needle");
  await screen.findByTestId("run-row-hit");
  expect(screen.getByTestId("runs-total").textContent).toBe("1");
  const snippet = container.querySelector(".snippet");
  expect(snippet?.textContent).toBe("a <b>needle</b>");
  expect(snippet?.querySelector("mark")?.textContent).toBe("needle");
  expect(snippet?.querySelector("b")).toBeNull();
  const search = asked(calls).at(-1);
  expect(search?.get("q")).toBe("needle");
  expect(search?.get("status")).toBeNull();
  await userEvent.click(screen.getByTestId("runs-clear"));
  await screen.findByTestId("run-row-zeta");
});

test("the keys move, select, make favourites and open", async () => {
  const { calls, onOpen } = show(EMPTY, ENDED, {
    "PUT /runs/yota/favourite": new Response(null, { status: 204 }),
  });
  await screen.findByTestId("run-row-zeta");
  const key = (name: string) => fireEvent.keyDown(document.activeElement as Element, { key: name });
  document.querySelector<HTMLElement>('[data-place="0"]')?.focus();
  key("ArrowDown");
  await waitFor(() => expect(document.activeElement?.getAttribute("data-place")).toBe("1"));
  key(" ");
  expect((screen.getByTestId("select-yota") as HTMLInputElement).checked).toBe(true);
  await userEvent.click(screen.getByTestId("favourite-yota"));
  expect(screen.getByTestId("favourite-yota").getAttribute("aria-pressed")).toBe("true");
  await waitFor(() =>
    expect(calls.find(({ path }) => path.endsWith("/favourite"))?.body).toEqual({ favourite: true }),
  );
  document.querySelector<HTMLElement>('[data-place="1"]')?.focus();
  key("Enter");
  expect(onOpen).toHaveBeenCalledWith("yota");
});

test("a deleted run is in the trash, and undo brings it back to its place", async () => {
  const deleted = new Set<string>();
  const { calls } = show(EMPTY, ENDED, {
    "GET /runs": () => {
      const runs = ENDED.filter((run) => !deleted.has(run.run_id));
      return { runs, total: runs.length };
    },
    "POST /runs/delete": ({ run_ids }: { run_ids: string[] }) => {
      for (const runId of run_ids) deleted.add(runId);
      return { deleted: run_ids.length, refused: [] };
    },
    "POST /runs/restore": ({ run_ids }: { run_ids: string[] }) => {
      for (const runId of run_ids) deleted.delete(runId);
      return { restored: run_ids.length, refused: [] };
    },
  });
  await screen.findByTestId("run-row-yota");
  document.querySelector<HTMLElement>('[data-place="1"]')?.focus();
  await userEvent.click(screen.getByTestId("delete-yota"));
  await waitFor(() => expect(rows()).toEqual(["zeta", "xeno"]));
  expect(posted(calls, "/runs/delete")).toEqual([{ run_ids: ["yota"] }]);
  // The focus goes on at the row that took its place.
  await waitFor(() => expect(document.activeElement?.getAttribute("data-place")).toBe("1"));
  onCommandKey(new KeyboardEvent("keydown", { key: "z", ctrlKey: true }));
  await waitFor(() => expect(rows()).toEqual(NAMES));
  expect(posted(calls, "/runs/restore")).toEqual([{ run_ids: ["yota"] }]);
});

test("a run that cannot be deleted stays, and why is said", async () => {
  const told = vi.spyOn(toast, "error");
  show(EMPTY, ENDED, {
    "POST /runs/delete": { deleted: 0, refused: [{ run_id: "yota", reason: "It has not ended." }] },
  });
  await userEvent.click(await screen.findByTestId("delete-yota"));
  await waitFor(() =>
    expect(told).toHaveBeenCalledWith("1 run was not deleted", { description: "It has not ended." }),
  );
  expect(rows()).toEqual(NAMES);
});

test("two selected runs are compared, the older one on the left", async () => {
  const { onCompare } = show(EMPTY, ENDED);
  await userEvent.click(await screen.findByTestId("select-zeta"));
  expect(screen.getByTestId("runs-compare").hasAttribute("disabled")).toBe(true);
  await userEvent.click(screen.getByTestId("select-xeno"));
  expect(screen.getByTestId("runs-selected").textContent).toBe("2 selected");
  await userEvent.click(screen.getByTestId("runs-compare"));
  expect(onCompare).toHaveBeenCalledWith("xeno", "zeta");
  await userEvent.click(screen.getByTestId("runs-clear-selection"));
  expect(screen.getByTestId("runs-filter")).toBeTruthy();
});

test("only runs that have ended can be deleted", async () => {
  show(EMPTY, [ENDED[0] as ListedRun, listedRun("open", { status: "PENDING" })]);
  await screen.findByTestId("delete-zeta");
  expect(screen.queryByTestId("delete-open")).toBeNull();
});

test("the list is of the current project, or of all of them with their names", async () => {
  useChosenProject.setState({ id: "p2" });
  const { calls } = show(EMPTY, ENDED, { "GET /projects": { projects: PROJECTS } });
  await screen.findByTestId("run-row-zeta");
  await waitFor(() => expect(asked(calls).at(-1)?.get("project_id")).toBe("p2"));
  await userEvent.click(screen.getByLabelText("All projects"));
  await waitFor(() => expect(asked(calls).at(-1)?.get("project_id")).toBeNull());
  await waitFor(() => expect(screen.getAllByText("Default project").length).toBeGreaterThan(2));
});

test("filters become the router's question", () => {
  const now = new Date(2026, 4, 20, 15, 30);
  expect(toQuery({ ...NO_FILTERS, state: "PAUSED" }, "", "p", now).status).toBe("PAUSED");
  const day = toQuery({ ...NO_FILTERS, time: "day", favourites: true, pipeline: "x" }, "a b", "p", now);
  expect(day).toEqual({
    q: "a b",
    status: "",
    project_id: "p",
    pipeline_id: "x",
    favourite: true,
    from: new Date(2026, 4, 20).toISOString(),
  });
  expect(toQuery({ ...NO_FILTERS, time: "week" }, "", "p", now).from).toBe(
    new Date(2026, 4, 14).toISOString(),
  );
});

test("a list that cannot be read says why and can be asked again", async () => {
  let broken = true;
  show(EMPTY, [], {
    "GET /runs": () =>
      broken
        ? new Response(JSON.stringify({ detail: "The database is locked." }), { status: 500 })
        : { runs: ENDED, total: 3 },
  });
  expect((await screen.findByRole("alert")).textContent).toContain("The database is locked.");
  broken = false;
  await userEvent.click(screen.getByText("Try again"));
  await screen.findByTestId("run-row-zeta");
});

test("nothing found offers the way back", async () => {
  useFilters.setState({ ...NO_FILTERS, favourites: true });
  show(EMPTY, []);
  await screen.findByText("No run matches");
  expect(screen.getAllByText("Clear filters").length).toBe(2);
});

test("names, roles and states are there for assistive technology", async () => {
  show(QUEUE, ENDED);
  await screen.findByTestId("run-row-zeta");
  await screen.findByTestId("queue");
  await expectAccessible();
});
