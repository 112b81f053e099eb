import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, api, runEvents } from "./client";
import { readAll, send } from "./transport";

type Push = (frame: unknown) => void;
let pushes: Push[] = [];
const invoke = vi.fn();

vi.mock("@tauri-apps/api/core", () => ({
  Channel: class {
    onmessage: Push = () => {};
    constructor() {
      pushes.push((frame) => this.onmessage(frame));
    }
  },
  invoke: (...args: unknown[]) => invoke(...args),
}));

beforeEach(() => {
  pushes = [];
  invoke.mockReset().mockResolvedValue(null);
  Object.assign(window, { __TAURI_INTERNALS__: {} });
});
afterEach(() => {
  Reflect.deleteProperty(window, "__TAURI_INTERNALS__");
  vi.unstubAllGlobals();
});

const head = { kind: "head", status: 200, headers: {} };

test("the window's frames become one answer", async () => {
  const answer = send({ method: "GET", path: "/x", headers: { accept: "a" } });
  pushes[0]?.(head);
  pushes[0]?.({ kind: "data", text: "on" });
  pushes[0]?.({ kind: "data", text: "e" });
  pushes[0]?.({ kind: "end" });
  expect(await readAll(await answer)).toBe("one");
  expect(invoke).toHaveBeenCalledTimes(1);
  expect(invoke.mock.calls[0]?.[0]).toBe("api_request");
  expect(invoke.mock.calls[0]?.[1].request).toEqual({
    id: expect.any(String),
    method: "GET",
    path: "/x",
    headers: { accept: "a" },
  });
});

test("events stream through the window, cut anywhere", async () => {
  const events = runEvents("r 1", 3, new AbortController().signal);
  const first = events.next();
  pushes[0]?.(head);
  pushes[0]?.({ kind: "data", text: 'data: {"event":"load' });
  pushes[0]?.({ kind: "data", text: 'ing"}\n\n' });
  expect((await first).value).toEqual({ event: "loading" });
  expect(invoke.mock.calls[0]?.[1].request.path).toBe("/api/v1/orchestrator/runs/r%201/events?after=3");
});

test("aborting tells the window and ends the reader", async () => {
  const abort = new AbortController();
  const answer = await new Promise<Awaited<ReturnType<typeof send>>>((resolve) => {
    void send({ method: "GET", path: "/x", signal: abort.signal }).then(resolve);
    pushes[0]?.(head);
  });
  const reading = readAll(answer);
  abort.abort();
  await expect(reading).rejects.toThrow();
  const { id } = invoke.mock.calls[0]?.[1].request ?? {};
  expect(invoke).toHaveBeenCalledWith("api_abort", { id });
});

test("a router that does not answer is an ApiError with status 0", async () => {
  invoke.mockRejectedValueOnce("no such command");
  await expect(api.health()).rejects.toMatchObject({ problem: { status: 0, code: "unreachable" } });
});

test("a problem document becomes an ApiError with its code, in a browser too", async () => {
  Reflect.deleteProperty(window, "__TAURI_INTERNALS__");
  vi.stubGlobal(
    "fetch",
    async () =>
      new Response(JSON.stringify({ code: "run_not_found", detail: "There is no run." }), { status: 404 }),
  );
  const error = await api.run("x").catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    message: "There is no run.",
    problem: { status: 404, code: "run_not_found" },
  });
});
