import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { ServerView, Settings } from "@/api/types";
import { expectAccessible } from "@/test/axe";
import { settings } from "@/test/fixtures";
import { type Call, renderApp, serveApi } from "@/test/render";
import { curlLine } from "./curl";
import { SettingsScreen } from "./SettingsScreen";

afterEach(() => vi.unstubAllGlobals());

const STORAGE = {
  data_dir: "/data",
  database_bytes: 4_000_000,
  wal_bytes: 400_000,
  logs_bytes: 10,
  models_bytes: 1000,
  models_dir: "/models",
  runs: 3,
};
const OFF: ServerView = { enabled: false, port: 7860, token_file: null, state: "off", can_switch: true };

const HEALTH = { version: "1.2.3", worker: { state: "idle" } };

async function show(kept: Settings, server: ServerView = OFF, answers = {}): Promise<Call[]> {
  const calls = serveApi({
    "GET /settings": kept,
    "PUT /settings": (body: unknown) => body,
    "GET /storage": STORAGE,
    "GET /server": server,
    "GET /health": HEALTH,
    "GET /models": { models: [], files: [] },
    ...answers,
  });
  renderApp(<SettingsScreen onModels={vi.fn()} onStart={vi.fn()} />);
  await screen.findByTestId("server-state");
  await screen.findByTestId("data-folder");
  return calls;
}

const puts = (calls: Call[], route: string) =>
  calls.filter(({ method, path }) => method === "PUT" && path.endsWith(route)).map(({ body }) => body);

test("a number is kept when it is finished, never while it is typed", async () => {
  const calls = await show(settings());
  const days = screen.getByTestId("keep-days");
  await userEvent.type(days, "30");
  expect(puts(calls, "/settings")).toEqual([]);
  await userEvent.tab();
  expect(puts(calls, "/settings")).toEqual([
    settings({ retention: { max_age_days: 30, max_size_mib: null } }),
  ]);
});

test("threads and layers are a number or automatic, beside what the machine has", async () => {
  const worker = {
    state: "idle",
    threads: 6,
    devices: [{ name: "CPU", description: "A processor", memory_total_bytes: 8e9, memory_free_bytes: 2e9 }],
  };
  const calls = await show(settings({ threads: 4 }), OFF, { "GET /health": { ...HEALTH, worker } });
  expect((await screen.findByTestId("devices")).textContent).toContain("2.0 GB of 8.0 GB free");
  expect(screen.getByText(/Brickwork uses 6 now/)).toBeTruthy();
  await userEvent.clear(screen.getByTestId("threads"));
  await userEvent.tab();
  await userEvent.type(screen.getByTestId("gpu-layers"), "0{Enter}");
  const [first, second] = puts(calls, "/settings") as Settings[];
  expect(first?.threads).toBeNull();
  expect(second?.gpu_layers).toBe(0);
});

test("without a word from a worker the machine is said to be unknown", async () => {
  await show(settings());
  expect(screen.getByTestId("machine-unknown")).toBeTruthy();
});

test("notifications are on unless they are switched off", async () => {
  const calls = await show(settings());
  await userEvent.click(screen.getByTestId("notifications"));
  expect((puts(calls, "/settings") as Settings[])[0]?.notifications).toBe(false);
});

test("the trash tells how many runs are in it, and is emptied after asking", async () => {
  const prune = vi.fn(({ dry_run }) => ({
    dry_run,
    runs: 2,
    trashed_runs: 2,
    freed_bytes: 4000,
    used_bytes: 1,
    over_limit: false,
  }));
  await show(settings(), OFF, { "GET /storage": { ...STORAGE, trashed_runs: 2 }, "POST /prune": prune });
  expect(screen.getByTestId("trash-count").textContent).toBe("2 runs");
  await userEvent.click(screen.getByTestId("empty-trash"));
  await screen.findByTestId("prune-preview");
  await userEvent.click(screen.getByTestId("confirm-action"));
  await waitFor(() => expect(prune).toHaveBeenCalledTimes(2));
  expect(prune.mock.calls[1]?.[0]).toEqual({ max_age_days: null, max_size_mib: null, dry_run: false });
});

test("commands of gates are allowed and taken back, each kept at once", async () => {
  window.location.hash = "#/settings/gates";
  const calls = await show(settings());
  expect(document.activeElement?.id).toBe("group-gates");
  expect(screen.getByTestId("gates-none")).toBeTruthy();
  await userEvent.type(screen.getByTestId("gate-command-new"), "  npx   tsc {Enter}");
  expect(puts(calls, "/settings")).toEqual([settings({ gate_commands: ["npx tsc"] })]);
  const list = await screen.findByTestId("gate-commands");
  await userEvent.type(screen.getByTestId("gate-command-new"), "npx tsc");
  expect(screen.getByText("This command is allowed already.")).toBeTruthy();
  expect(screen.getByTestId("gate-command-add").hasAttribute("disabled")).toBe(true);
  await userEvent.click(within(list).getByRole("button", { name: "Allow no more: npx tsc" }));
  await waitFor(() => expect(puts(calls, "/settings").at(-1)).toEqual(settings()));
  window.location.hash = "";
});

test("everything that touches the network is listed", async () => {
  await show(settings());
  const table = screen.getByTestId("privacy-table");
  expect(within(table).getAllByRole("row").length).toBe(8);
  expect(table.textContent).toContain("127.0.0.1");
});

test("names, roles and states are there for assistive technology", async () => {
  await show(settings());
  await expectAccessible();
});

test("a number out of range is said to be so and not kept; Escape takes it back", async () => {
  const calls = await show(settings());
  const runs = screen.getByTestId("runs-at-once");
  await userEvent.clear(runs);
  await userEvent.type(runs, "99{Enter}");
  expect(screen.getByText("A whole number from 1 to 16.")).toBeTruthy();
  expect(runs.getAttribute("aria-invalid")).toBe("true");
  await userEvent.keyboard("{Escape}");
  expect((runs as HTMLInputElement).value).toBe("2");
  expect(puts(calls, "/settings")).toEqual([]);
});

test("a limit is taken away by emptying its field", async () => {
  const calls = await show(settings({ step_timeout_s: 60 }));
  await userEvent.clear(screen.getByTestId("step-timeout"));
  await userEvent.keyboard("{Enter}");
  expect(puts(calls, "/settings")).toEqual([settings({ step_timeout_s: null })]);
});

test("interrupted runs resume by themselves when switched on", async () => {
  const calls = await show(settings());
  await userEvent.click(screen.getByRole("switch", { name: "Resume interrupted runs by themselves" }));
  expect(puts(calls, "/settings")).toEqual([settings({ resume_interrupted: true })]);
});

test("removing old runs shows first what would go", async () => {
  const retention = { max_age_days: 7, max_size_mib: null };
  const prune = vi.fn(({ dry_run }) => ({
    dry_run,
    runs: 12,
    freed_bytes: 3_400_000,
    used_bytes: 1,
    over_limit: false,
  }));
  const calls = await show(settings({ retention }), OFF, { "POST /prune": prune });
  await userEvent.click(screen.getByTestId("prune-button"));
  expect((await screen.findByTestId("prune-preview")).textContent).toContain("12 ended runs");
  expect(prune.mock.calls.map(([body]) => body)).toEqual([{ ...retention, dry_run: true }]);
  await userEvent.click(screen.getByTestId("confirm-action"));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect(prune.mock.calls.at(-1)?.[0]).toEqual({ ...retention, dry_run: false });
  expect(calls.filter(({ path }) => path.endsWith("/storage")).length).toBe(2);
});

test("without a limit there is nothing to remove", async () => {
  await show(settings());
  expect(screen.getByTestId("prune-button").hasAttribute("disabled")).toBe(true);
});

test("when no run is beyond the limits there is nothing to confirm", async () => {
  const report = { dry_run: true, runs: 0, freed_bytes: 0, used_bytes: 1, over_limit: false };
  await show(settings({ retention: { max_age_days: 7, max_size_mib: null } }), OFF, {
    "POST /prune": report,
  });
  await userEvent.click(screen.getByTestId("prune-button"));
  expect((await screen.findByTestId("prune-preview")).textContent).toContain("nothing to remove");
  expect(screen.queryByTestId("confirm-action")).toBeNull();
});

test("a backup is written to the path, which is said to be one of Brickwork's computer", async () => {
  const calls = await show(settings(), OFF, {
    "POST /backup": { path: "/b.zip", size_bytes: 2_000_000, runs: 3, projects: 1, pipelines: 0 },
  });
  expect(screen.getByText(/on the computer that runs Brickwork/)).toBeTruthy();
  await userEvent.type(screen.getByTestId("backup-path"), "/b.zip{Enter}");
  expect((await screen.findByTestId("backup-done")).textContent).toContain("Wrote /b.zip, 2.0 MB.");
  expect(calls.find(({ path }) => path.endsWith("/backup"))?.body).toEqual({ path: "/b.zip" });
});

test("the server is switched on, and a line for a terminal appears", async () => {
  const on: ServerView = { ...OFF, enabled: true, state: "listening", url: "http://127.0.0.1:7860" };
  const calls = await show(settings(), OFF, { "PUT /server": on });
  expect(screen.queryByTestId("server-curl")).toBeNull();
  await userEvent.click(screen.getByTestId("server-switch"));
  expect((await screen.findByTestId("server-curl")).textContent).toBe(
    "curl http://127.0.0.1:7860/api/v1/orchestrator/models",
  );
  expect(puts(calls, "/server")).toEqual([{ enabled: true, port: 7860, token_file: null }]);
  expect(screen.getByTestId("server-state").dataset.state).toBe("listening");
});

test("a taken port is told in the server's words, and the free one is a click away", async () => {
  const taken = { code: "port_taken", detail: "Port 7860 is taken.", next_free_port: 7861 };
  const on: ServerView = {
    ...OFF,
    enabled: true,
    port: 7861,
    state: "listening",
    url: "http://127.0.0.1:7861",
  };
  const calls = await show(settings(), OFF, {
    "PUT /server": (body: unknown) =>
      (body as ServerView).port === 7861 ? on : new Response(JSON.stringify(taken), { status: 409 }),
  });
  await userEvent.click(screen.getByTestId("server-switch"));
  const trouble = await screen.findByTestId("server-trouble");
  expect(trouble.textContent).toContain("Port 7860 is taken.");
  expect(screen.getByTestId("server-switch").getAttribute("aria-checked")).toBe("false");
  await userEvent.click(within(trouble).getByText("Use port 7861"));
  await waitFor(() => expect(screen.getByTestId("server-state").dataset.state).toBe("listening"));
  expect(screen.queryByTestId("server-trouble")).toBeNull();
  expect(puts(calls, "/server").at(-1)).toEqual({ enabled: true, port: 7861, token_file: null });
});

test("a server that failed to start says why", async () => {
  await show(settings(), {
    ...OFF,
    enabled: true,
    state: "failed",
    error: "Port 7860 is taken.",
    next_free_port: 7862,
  });
  expect(screen.getByTestId("server-trouble").textContent).toContain("Port 7860 is taken.");
  expect(screen.getByText("Use port 7862")).toBeTruthy();
});

test("a server that was started on the command line has no switch here", async () => {
  await show(settings(), {
    ...OFF,
    enabled: true,
    state: "listening",
    url: "http://127.0.0.1:7999",
    token_file: "/secret/token",
    can_switch: false,
  });
  expect(screen.queryByTestId("server-switch")).toBeNull();
  expect(screen.getByText("Started on the command line")).toBeTruthy();
  expect(screen.getByTestId("server-curl").textContent).toContain("$(cat /secret/token)");
});

test.each([
  [null, "curl http://127.0.0.1:1/api/v1/orchestrator/models"],
  [
    "/home/me/token",
    'curl -H "Authorization: Bearer $(cat /home/me/token)" http://127.0.0.1:1/api/v1/orchestrator/models',
  ],
  [
    "/it's $HOME/t",
    "curl -H \"Authorization: Bearer $(cat '/it'\\''s $HOME/t')\" http://127.0.0.1:1/api/v1/orchestrator/models",
  ],
])("the line for a terminal with the token file %s", (token_file, expected) => {
  expect(curlLine({ url: null, port: 1, token_file })).toBe(expected);
});
