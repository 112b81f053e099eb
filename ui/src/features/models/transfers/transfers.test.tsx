import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { toast } from "sonner";
import { afterEach, expect, test, vi } from "vitest";
import type { TransferView } from "@/api/getModels";
import { m } from "@/paraglide/messages.js";
import { setLocale } from "@/paraglide/runtime.js";
import { expectAccessible } from "@/test/axe";
import { type Call, renderApp, serveApi } from "@/test/render";
import { transferView } from "../get/testData";
import { inOrder, overview, overviewText, transferFacts } from "./progress";
import { closeTransfers } from "./sheet";
import { TransfersBadge } from "./TransfersBadge";
import { TransferWatcher } from "./TransferWatcher";

afterEach(() => {
  setLocale("en", { reload: false });
  act(closeTransfers);
  window.location.hash = "";
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const LEFT_OUT = [{ path: "/models/notes.gguf", reason: "it is no model" }];
const PROBLEM = { code: "disk_full", message: "The disk is full.", remedy: "Make room, then resume." };

async function open(transfers: TransferView[], answers = {}): Promise<Call[]> {
  const calls = serveApi({ "GET /transfers": { transfers }, ...answers });
  renderApp(<TransfersBadge />);
  await userEvent.click(screen.getByTestId("transfers-badge"));
  await screen.findByRole("dialog", { name: m.transfers_title() });
  return calls;
}

const sent = (calls: Call[]) =>
  calls
    .filter(({ method }) => method !== "GET")
    .map(({ method, path }) => `${method} ${path.replace("/api/v1/orchestrator", "")}`);

test("what is under way tells its amount, speed and time left", async () => {
  await open([transferView("t1", { bytes_per_second: 20e6, remaining_s: 150 })]);
  const row = await screen.findByTestId("transfer-t1");
  expect(row.textContent).toContain("Downloading · 1.0 GB of 4.0 GB · 20 MB/s · 2 min 30 s left");
  expect(
    within(row).getByRole("progressbar", { name: "Progress of Model t1" }).getAttribute("aria-valuenow"),
  ).toBe("25");
});

test("without a known size the bar gives no number", async () => {
  await open([transferView("t1", { total_bytes: null })]);
  const bar = within(await screen.findByTestId("transfer-t1")).getByRole("progressbar");
  expect(bar.hasAttribute("aria-valuenow")).toBe(false);
});

test("each is paused, resumed and taken off the list by its own button", async () => {
  const calls = await open(
    [
      transferView("run"),
      transferView("rest", { state: "paused" }),
      transferView("bad", { state: "failed", problem: PROBLEM }),
      transferView("good", { state: "done", model_id: "good-q4" }),
    ],
    {
      "POST /transfers/run/pause": transferView("run", { state: "paused" }),
      "POST /transfers/rest/resume": transferView("rest"),
      "POST /transfers/bad/resume": transferView("bad"),
      "DELETE /transfers/good": new Response(null, { status: 204 }),
    },
  );
  await userEvent.click(await screen.findByRole("button", { name: "Pause Model run" }));
  await userEvent.click(screen.getByRole("button", { name: "Resume Model rest" }));
  await userEvent.click(screen.getByRole("button", { name: "Try Model bad again" }));
  await userEvent.click(screen.getByRole("button", { name: "Take Model good off the list" }));
  await waitFor(() =>
    expect(sent(calls)).toEqual([
      "POST /transfers/run/pause",
      "POST /transfers/rest/resume",
      "POST /transfers/bad/resume",
      "DELETE /transfers/good",
    ]),
  );
  const failed = screen.getByTestId("transfer-bad");
  expect(failed.textContent).toContain("The disk is full. Make room, then resume.");
  expect(screen.getByTestId("transfer-good").textContent).toContain("Listed as good-q4");
});

test("cancelling a download asks first, since what has arrived goes with it", async () => {
  const calls = await open([transferView("t1")], {
    "DELETE /transfers/t1": new Response(null, { status: 204 }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Cancel Model t1" }));
  const dialog = await screen.findByTestId("confirm-dialog");
  expect(dialog.textContent).toContain("1.0 GB that have arrived are removed");
  expect(sent(calls)).toEqual([]);
  await userEvent.click(screen.getByTestId("confirm-action"));
  await waitFor(() => expect(sent(calls)).toEqual(["DELETE /transfers/t1"]));
});

test("those that have ended are cleared at once; a failed download stays to be tried again", async () => {
  const calls = await open(
    [
      transferView("a", { state: "done" }),
      transferView("b", { state: "cancelled" }),
      transferView("c", { state: "failed" }),
      transferView("d"),
    ],
    {
      "DELETE /transfers/a": new Response(null, { status: 204 }),
      "DELETE /transfers/b": new Response(null, { status: 204 }),
    },
  );
  await screen.findByTestId("transfer-a");
  await userEvent.click(screen.getByTestId("transfers-clear"));
  await waitFor(() => expect(sent(calls)).toEqual(["DELETE /transfers/a", "DELETE /transfers/b"]));
});

test("a refusal is told with its reason", async () => {
  const failed = vi.spyOn(toast, "error");
  await open([transferView("t1")], {
    "POST /transfers/t1/pause": new Response(JSON.stringify({ code: "conflict", detail: "It has ended." }), {
      status: 409,
    }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Pause Model t1" }));
  await waitFor(() =>
    expect(failed).toHaveBeenCalledWith("Model t1 did not change", { description: "It has ended." }),
  );
});

test("an empty list and one that cannot be read say so", async () => {
  await open([]);
  expect(await screen.findByText("No transfers")).toBeTruthy();
});

test("a list that cannot be read says why", async () => {
  serveApi({
    "GET /transfers": new Response(JSON.stringify({ code: "x", detail: "No database." }), { status: 500 }),
  });
  renderApp(<TransfersBadge />);
  await userEvent.click(screen.getByTestId("transfers-badge"));
  expect((await screen.findByRole("alert")).textContent).toContain("No database.");
});

test("the badge counts what is under way and how far all of it is", async () => {
  serveApi({ "GET /transfers": { transfers: [transferView("a"), transferView("b", { done_bytes: 3e9 })] } });
  renderApp(<TransfersBadge />);
  await waitFor(() =>
    expect(screen.getByTestId("transfers-badge").getAttribute("aria-label")).toBe(
      "Transfers: 2 under way, 50%",
    ),
  );
  await expectAccessible();
  await userEvent.click(screen.getByTestId("transfers-badge"));
  await screen.findByTestId("transfer-a");
  await expectAccessible();
});

test("the watcher tells what begins and ends, and nothing of what was there before", async () => {
  const done = vi.spyOn(toast, "success");
  const failed = vi.spyOn(toast, "error");
  let transfers = [transferView("old", { state: "done" }), transferView("a"), transferView("b")];
  const calls = serveApi({ "GET /transfers": () => ({ transfers }) });
  renderApp(<TransferWatcher />);
  await waitFor(() => expect(calls.length).toBeGreaterThan(0));
  expect(done).not.toHaveBeenCalled();
  expect(screen.getByTestId("transfers-begun").textContent).toBe("");
  transfers = [
    transferView("old", { state: "done" }),
    transferView("a", { state: "done" }),
    transferView("b", { state: "failed", problem: PROBLEM }),
    transferView("c"),
    transferView("quick", { kind: "import", title: "/models/quick.gguf", state: "done" }),
    transferView("most", { kind: "import", title: "/models/most", state: "done", skipped: LEFT_OUT }),
  ];
  await waitFor(() => expect(done).toHaveBeenCalledTimes(3));
  const told = done.mock.calls.map(([text, more]) => [text, more?.description]);
  expect(told).toEqual([
    ["Downloaded Model a", undefined],
    ["Imported quick.gguf", undefined],
    ["Imported most", "Left out: 1"],
  ]);
  expect(failed.mock.calls[0]?.[0]).toBe("Model b was not downloaded");
  expect(failed.mock.calls[0]?.[1]?.description).toBe("The disk is full. Make room, then resume.");
  expect(screen.getByTestId("transfers-begun").textContent).toBe("Model c has begun.");
});

test("the watcher asks often while something is under way, and seldom otherwise", async () => {
  let transfers: TransferView[] = [transferView("a")];
  const calls = serveApi({ "GET /transfers": () => ({ transfers }) });
  renderApp(<TransferWatcher />);
  await waitFor(() => expect(calls.length).toBeGreaterThanOrEqual(3), { timeout: 3000 });
  transfers = [];
  const before = calls.length;
  await waitFor(() => expect(calls.length).toBe(before + 1), { timeout: 2000 });
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(calls.length).toBe(before + 1);
});

test("the words for numbers", () => {
  expect(overviewText(overview([]))).toBe("");
  const mixed = [
    transferView("a", { total_bytes: null }),
    transferView("b", { state: "failed" }),
    transferView("c", { state: "paused" }),
  ];
  expect(overviewText(overview(mixed))).toBe("1 under way · 1 failed · 1 paused");
  expect(transferFacts(transferView("d", { state: "done", done_bytes: 4e9 }))).toEqual(["4.0 GB"]);
  const order = inOrder([transferView("z", { state: "done" }), ...mixed]).map(({ id }) => id);
  expect(order).toEqual(["a", "b", "c", "z"]);
});

test("files of a folder that were left out are told with their reasons", async () => {
  await open([transferView("t1", { kind: "import", state: "done", skipped: LEFT_OUT })]);
  const part = await screen.findByTestId("skipped-t1");
  expect(part.textContent).toContain("Left out: 1");
  expect(part.textContent).toContain("/models/notes.gguf it is no model");
  await expectAccessible();
});

test("the reasons are told in the window's language, with the path once", async () => {
  setLocale("es", { reload: false });
  const path = "/models/notes.gguf";
  const phrase = { reason: "gguf_none", params: { path, start: "Hi", at: 0 } };
  const skipped = [{ path, reason: "it starts with Hi", phrase }];
  await open([transferView("t1", { kind: "import", state: "done", skipped })]);
  const part = await screen.findByTestId("skipped-t1");
  expect(part.textContent).toContain(`${path} empieza por Hi y no por`);
});
