import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { DoctorReport } from "@/api/getModels";
import type { Settings } from "@/api/types";
import { expectAccessible } from "@/test/axe";
import { settings } from "@/test/fixtures";
import { type Call, renderApp, serveApi } from "@/test/render";
import { MachineGroup } from "./MachineGroup";

afterEach(() => vi.unstubAllGlobals());

const REPORT: DoctorReport = {
  version: "0.1.0",
  system: "linux x86_64",
  worst: "error",
  findings: [
    { code: "worker", level: "ok", title: "Model worker", detail: "Version 0.1.0." },
    {
      code: "role",
      level: "warn",
      title: "Role T5Gemma",
      detail: "It does not fit.",
      remedy: "Bind another.",
    },
    {
      code: "database",
      level: "error",
      title: "Database",
      detail: "It is damaged.",
      remedy: "Restore a backup.",
    },
  ],
  devices: [
    {
      name: "CUDA0",
      description: "A graphics card",
      kind: "gpu",
      backend: "CUDA",
      memory_total_bytes: 8e9,
      memory_free_bytes: 6e9,
      used: false,
      why: "The settings put no layers on GPUs.",
      why_phrase: { reason: "device_no_layers" },
    },
  ],
};

function show(kept: Partial<Settings> = {}, doctor: unknown = REPORT) {
  const calls: Call[] = serveApi({ "GET /doctor": doctor, "GET /health": { worker: { state: "idle" } } });
  const change = vi.fn();
  renderApp(<MachineGroup settings={settings(kept)} change={change} />);
  return { calls, change };
}

const examinations = (calls: Call[]) => calls.filter(({ path }) => path.endsWith("/doctor")).length;

test("what was found stands with the worst first, each with its detail and remedy", async () => {
  show();
  const rows = within(await screen.findByTestId("findings")).getAllByRole("listitem");
  expect(rows.map((row) => row.dataset.level)).toEqual(["error", "warn", "ok"]);
  expect(rows[0]?.textContent).toContain("It is damaged.");
  expect(rows[0]?.textContent).toContain("Restore a backup.");
  expect(within(rows[0] as HTMLElement).getByRole("img", { name: "Does not work" })).toBeTruthy();
  expect(screen.getByTestId("doctor-state").textContent).toBe("1 thing does not work, 1 warning");
  await expectAccessible();
});

test("devices tell their memory, and whether and why they are used", async () => {
  show();
  const devices = await screen.findByTestId("devices");
  for (const part of ["A graphics card", "6.0 GB of 8.0 GB free", "Not used.", "no layers on GPUs"])
    expect(devices.textContent).toContain(part);
});

test("it is looked at again when asked for", async () => {
  const { calls } = show({}, { ...REPORT, findings: REPORT.findings.slice(0, 1) });
  await screen.findByText("Everything is well.");
  expect(examinations(calls)).toBe(1);
  await userEvent.click(screen.getByTestId("doctor-again"));
  await waitFor(() => expect(examinations(calls)).toBe(2));
});

test("a look that fails says why", async () => {
  show(
    {},
    new Response(JSON.stringify({ code: "storage", detail: "The settings cannot be read." }), {
      status: 500,
    }),
  );
  expect((await screen.findByRole("alert")).textContent).toContain("The settings cannot be read.");
});

test("budget, idle time and overcommit are kept as they are changed", async () => {
  const { change } = show({ memory_budget_mib: 4096, model_idle_s: 600 });
  await userEvent.clear(screen.getByTestId("memory-budget"));
  await userEvent.tab();
  await userEvent.clear(screen.getByTestId("model-idle"));
  await userEvent.type(screen.getByTestId("model-idle"), "0");
  await userEvent.tab();
  await userEvent.click(screen.getByTestId("allow-overcommit"));
  expect(change.mock.calls.map(([patch]) => patch)).toEqual([
    { memory_budget_mib: null },
    { model_idle_s: 0 },
    { allow_overcommit: true },
  ]);
});

test("a budget below the least is refused where it is typed", async () => {
  const { change } = show();
  await userEvent.type(screen.getByTestId("memory-budget"), "10{Enter}");
  expect(screen.getByText(/A whole number from 256/)).toBeTruthy();
  expect(change).not.toHaveBeenCalled();
});
