import { waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { notify } from "@/api/desktop";
import type { RunSummary } from "@/api/types";
import { isLookedAt } from "@/components/lookedAt";
import { runSummary, settings } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { longEndings, lookAt } from "./endings";
import { RunEndWatcher } from "./RunEndWatcher";

vi.mock("@/api/desktop", () => ({ notify: vi.fn(async () => {}) }));
vi.mock("@/components/lookedAt", () => ({ isLookedAt: vi.fn(() => false) }));

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

const running = runSummary("r1", { status: "RUNNING", started_at: "2026-01-01T10:00:00Z" });
const done = (run_id = "r1", seconds = 30, extra: Partial<RunSummary> = {}) =>
  runSummary(run_id, {
    name: "Form",
    status: "SUCCESS",
    started_at: "2026-01-01T10:00:00Z",
    finished_at: new Date(Date.parse("2026-01-01T10:00:00Z") + seconds * 1000).toISOString(),
    total_execution_time: seconds,
    artifacts: 2,
    ...extra,
  });
const AT = Date.parse("2026-01-01T09:00:00Z");

test("the end of a long run is news once, and only if it was not known to have ended", () => {
  const before = lookAt([running], AT);
  expect(longEndings(undefined, [done()])).toEqual([]);
  expect(longEndings(before, [done()]).length).toBe(1);
  expect(longEndings(lookAt([done()], AT), [done()])).toEqual([]);
  expect(longEndings(before, [done("r1", 5)])).toEqual([]);
  expect(longEndings(before, [done("r1", 30, { status: "CANCELLED" })])).toEqual([]);
  expect(longEndings(before, [done("r1", 30, { status: "FAILED" })]).length).toBe(1);
  // One that came and went between two looks, and one that is older than the first look.
  expect(longEndings(lookAt([], AT), [done("r2")]).length).toBe(1);
  expect(longEndings(lookAt([], Date.parse("2026-01-01T11:00:00Z")), [done("r2")])).toEqual([]);
});

async function watch(wanted: boolean, lookedAt: boolean) {
  vi.mocked(isLookedAt).mockReturnValue(lookedAt);
  let runs = [running];
  const calls = serveApi({
    "GET /settings": { ...settings(), notifications: wanted },
    "GET /runs": () => ({ runs }),
  });
  const looks = () => calls.filter((call) => call.path.includes("/runs?")).length;
  renderApp(<RunEndWatcher />);
  if (wanted) await waitFor(() => expect(looks()).toBe(1));
  runs = [done()];
  await vi.advanceTimersByTimeAsync(7000);
  return looks();
}

test("a long run that ends while nobody looks is told, with the way to it", async () => {
  expect(await watch(true, false)).toBeGreaterThan(1);
  await waitFor(() => expect(notify).toHaveBeenCalledTimes(1));
  expect(notify).toHaveBeenCalledWith("Form is done", "2 files in 30.0 s.", "/runs/r1");
});

test("whoever looks at the window is not told", async () => {
  await watch(true, true);
  expect(notify).not.toHaveBeenCalled();
});

test("notifications that are switched off cost no look", async () => {
  expect(await watch(false, false)).toBe(0);
  expect(notify).not.toHaveBeenCalled();
});
