import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { QueueView, RunSummary } from "@/api/types";
import { runSummary } from "@/test/fixtures";
import { type Call, renderApp, serveApi } from "@/test/render";
import { RunsScreen } from "./RunsScreen";

// Only rows in view are drawn, and without a layout nothing is in view.
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(800);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1000);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const ENDED = runSummary("done", { status: "SUCCESS", finished_steps: 2 });
const QUEUE: QueueView = {
  holder: "self",
  running: [runSummary("now", { status: "RUNNING", finished_steps: 1 })],
  waiting: [runSummary("a"), runSummary("b"), runSummary("c")],
  held: [runSummary("stopped", { paused: true }), runSummary("cut", { interrupted: true })],
};
const EMPTY: QueueView = { holder: "self", running: [], waiting: [], held: [] };

function show(queue: QueueView, runs: RunSummary[], answers = {}): Call[] {
  const calls = serveApi({
    "GET /queue": queue,
    "GET /runs": { runs },
    "GET /projects": { projects: [] },
    ...answers,
  });
  renderApp(<RunsScreen onOpen={vi.fn()} onDesign={vi.fn()} />);
  return calls;
}

const moves = (calls: Call[]) =>
  calls.filter(({ path }) => path.endsWith("/move")).map(({ path, body }) => [path.split("/").at(-2), body]);

test("the queue stands above the runs that have ended, and nothing twice", async () => {
  show(QUEUE, [QUEUE.running[0] as RunSummary, ...QUEUE.waiting, ...QUEUE.held, ENDED]);
  const queue = await screen.findByTestId("queue");
  const names = [...queue.querySelectorAll(".queue-name")].map((name) => name.textContent);
  expect(names).toEqual(["now", "a", "b", "c", "stopped", "cut"]);
  expect(within(queue).getByText("Paused")).toBeTruthy();
  expect(within(queue).getByText("Interrupted")).toBeTruthy();
  await waitFor(() => expect(document.querySelectorAll(".run-rows .run-row").length).toBe(1));
  expect(within(screen.getByRole("table")).getByTestId("run-row-done")).toBeTruthy();
});

test("waiting runs are moved by buttons and keys, and the focus stays with the run", async () => {
  const order = (...ids: string[]) => ({ ...QUEUE, waiting: ids.map((id) => runSummary(id)) });
  const calls = show(QUEUE, [], {
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
  const calls = show(QUEUE, [], { "POST /runs/cut/resume": {} });
  await userEvent.click(await screen.findByTestId("queue-resume-cut"));
  expect(calls.some(({ method, path }) => method === "POST" && path.endsWith("/runs/cut/resume"))).toBe(true);
});

test("deleting asks first, by name", async () => {
  const calls = show(EMPTY, [ENDED], { "DELETE /runs/done": {} });
  await userEvent.click(await screen.findByTestId("delete-done"));
  const dialog = await screen.findByRole("alertdialog");
  expect(dialog.textContent).toContain("Delete the run “done”?");
  await userEvent.click(screen.getByTestId("confirm-cancel"));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect(calls.some(({ method }) => method === "DELETE")).toBe(false);
  await userEvent.click(screen.getByTestId("delete-done"));
  await userEvent.click(await screen.findByTestId("confirm-action"));
  await waitFor(() => expect(calls.some(({ method }) => method === "DELETE")).toBe(true));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
});

test("only runs that have ended can be deleted", async () => {
  show(EMPTY, [ENDED, runSummary("open")]);
  await screen.findByTestId("delete-done");
  expect(screen.queryByTestId("delete-open")).toBeNull();
});

test("paused and interrupted runs are found, which are no statuses of the API", async () => {
  const calls = show(EMPTY, [...QUEUE.held, runSummary("a")]);
  await screen.findByTestId("run-row-a");
  await userEvent.click(screen.getByTestId("runs-filter"));
  await userEvent.click(await screen.findByRole("option", { name: /Interrupted/ }));
  await waitFor(() => expect(screen.queryByTestId("run-row-a")).toBeNull());
  expect(screen.getByTestId("run-row-cut")).toBeTruthy();
  expect(screen.queryByTestId("run-row-stopped")).toBeNull();
  expect(calls.some(({ path }) => path.includes("status=PENDING"))).toBe(true);
});
