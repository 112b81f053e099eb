import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runView, stepView } from "@/test/fixtures";
import { followRun } from "./liveRun";
import type { LiveRun } from "./runView";
import type { RunChange, RunView } from "./types";

const AT = "2026-01-01T10:00:00.000Z";

/** What one connection to the event stream delivers; "drop" breaks it off, "refuse" never opens it. */
type Part = { seq: number; change: RunChange } | { text: string; offset: number } | "drop" | "refuse";

interface Asked {
  after: string | null;
  lastEventId: string | null;
}

/** Answers the run and one connection after another, and tells from where each of them was asked for. */
function serve(runs: RunView[], connections: Part[][]): { asked: Asked[]; fetched: () => number } {
  const asked: Asked[] = [];
  let fetched = 0;
  vi.stubGlobal("fetch", async (path: string, init: RequestInit = {}) => {
    if (!path.includes("/events")) {
      const run = runs[Math.min(fetched++, runs.length - 1)];
      return new Response(JSON.stringify(run), { status: 200 });
    }
    const parts = connections[asked.length] ?? [];
    asked.push({
      after: new URL(path, "http://x").searchParams.get("after"),
      lastEventId: new Headers(init.headers).get("last-event-id"),
    });
    if (parts[0] === "refuse") throw new TypeError("connection refused");
    return new Response(stream(parts), { status: 200 });
  });
  return { asked, fetched: () => fetched };
}

function stream(parts: Part[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = 0;
  return new ReadableStream({
    async pull(controller) {
      // One event a turn, so that a fault does not overtake what was sent before it.
      await new Promise((resolve) => setTimeout(resolve, 1));
      const part = parts[next++];
      if (part === undefined) return controller.close();
      if (part === "drop") return controller.error(new TypeError("connection reset"));
      if (part === "refuse") return;
      const event =
        "seq" in part
          ? { run_id: "r1", seq: part.seq, at: AT, event: "change", change: part.change }
          : { run_id: "r1", at: AT, event: "text", position: 0, generated: 1, ...part };
      const id = "seq" in part ? `id: ${part.seq}\n` : "";
      controller.enqueue(encoder.encode(`${id}data: ${JSON.stringify(event)}\n\n`));
    },
  });
}

const change = (seq: number, value: RunChange): Part => ({ seq, change: value });
const chunk = (seq: number, offset: number, text: string): Part =>
  change(seq, { kind: "step_text", position: 0, offset, text });
const BEGIN = [
  change(1, { kind: "started" }),
  change(2, { kind: "step_started", position: 0, prompt: "p", warnings: [] }),
];
const END = (seq: number, result: string) => [
  change(seq, {
    kind: "step_finished",
    position: 0,
    outcome: { status: "SUCCESS", finish_reason: "end_of_turn" },
    result,
    artifacts: [],
    execution_time: 1,
    timings: null,
  }),
  change(seq + 1, { kind: "finished", status: "SUCCESS", final_artifacts: [] }),
];

let seen: LiveRun[] = [];
let offline: boolean[] = [];
const watcher = {
  show: (live: LiveRun) => void seen.push(live),
  setOffline: (now: boolean) => void (offline.at(-1) !== now && offline.push(now)),
};
const last = () => seen.at(-1)?.run;

beforeEach(() => {
  seen = [];
  offline = [];
});
afterEach(() => vi.unstubAllGlobals());

test("a dropped stream is taken up after the last durable event: nothing is lost, nothing comes twice", async () => {
  const { asked, fetched } = serve(
    [runView()],
    [
      // Text runs ahead of the journal when the connection goes.
      [...BEGIN, { offset: 0, text: "one " }, chunk(3, 0, "one "), { offset: 4, text: "two " }, "drop"],
      ["refuse"],
      // The journal's copy of what was seen already, then what was missed.
      [chunk(4, 4, "two three "), { offset: 14, text: "four" }, "drop"],
      [chunk(5, 14, "four"), ...END(6, "one two three four")],
    ],
  );
  await followRun("r1", new AbortController().signal, watcher);
  expect(asked).toEqual([0, 3, 3, 4].map((seq) => ({ after: String(seq), lastEventId: String(seq) })));
  const texts = [...new Set(seen.map((live) => live.run.steps[0]?.result))];
  for (const text of texts) expect("one two three four".startsWith(text ?? "?")).toBe(true);
  expect(last()).toMatchObject({ status: "SUCCESS", seq: 7 });
  expect(last()?.steps[0]?.result).toBe("one two three four");
  expect(fetched()).toBe(1);
  expect(offline).toEqual([false, true, false, true, false]);
});

test("what a fast model writes is shown a few times a second, what changes the run at once", async () => {
  const words = Array.from({ length: 300 }, (_, index) => `${index} `);
  const text = words.join("");
  let offset = 0;
  const pieces = words.map((word) => {
    const piece = { offset, text: word };
    offset += word.length;
    return piece;
  });
  serve([runView()], [[...BEGIN, ...pieces, chunk(3, 0, text), ...END(4, text)]]);
  await followRun("r1", new AbortController().signal, watcher);
  expect(last()?.steps[0]?.result).toBe(text);
  const writing = seen.filter(({ run }) => run.seq === 2 && run.steps[0]?.result);
  expect(writing.length).toBeGreaterThan(0);
  expect(writing.length).toBeLessThan(60);
  expect(seen.filter(({ run }) => run.seq === 1)).toHaveLength(1);
});

test("the stream stays open over a pause, an interruption and their resumption", async () => {
  const { asked } = serve(
    [runView()],
    [
      [
        ...BEGIN,
        change(3, { kind: "pause_requested" }),
        change(4, { kind: "paused" }),
        change(5, { kind: "resumed" }),
        change(6, { kind: "started" }),
        change(7, { kind: "interrupted" }),
        change(8, { kind: "resumed" }),
        change(9, { kind: "started" }),
        change(10, { kind: "step_restarted", position: 0 }),
        change(11, { kind: "step_started", position: 0, prompt: "p", warnings: [] }),
        ...END(12, "done"),
      ],
    ],
  );
  await followRun("r1", new AbortController().signal, watcher);
  expect(asked.length).toBe(1);
  expect(last()).toMatchObject({ status: "SUCCESS", seq: 13, paused: false, interrupted: false });
});

test("a held run is followed, since somebody may resume it; one that has ended is not", async () => {
  const held = serve([runView({ paused: true, seq: 4 })], [END(4, "x").slice(1)]);
  await followRun("r1", new AbortController().signal, watcher);
  expect(held.asked[0]?.after).toBe("4");
  const ended = serve([runView({ status: "SUCCESS" })], []);
  await followRun("r1", new AbortController().signal, watcher);
  expect(ended.asked).toEqual([]);
});

test("a lost event makes the run be fetched again", async () => {
  const fresh = runView({
    status: "RUNNING",
    seq: 5,
    steps: [stepView(0, { status: "RUNNING" }), stepView(1)],
  });
  const { asked, fetched } = serve([runView(), fresh], [[...BEGIN, chunk(4, 0, "x")], END(6, "whole")]);
  await followRun("r1", new AbortController().signal, watcher);
  expect(fetched()).toBe(2);
  expect(asked.map(({ after }) => after)).toEqual(["0", "5"]);
  expect(last()?.steps[0]?.result).toBe("whole");
});

test("a run that is gone is not asked for for ever", async () => {
  serve([runView()], []);
  const gone = new Response(JSON.stringify({ code: "not_found" }), { status: 404 });
  const fetchRun = globalThis.fetch;
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) =>
    path.includes("/events") ? Promise.resolve(gone) : fetchRun(path, init),
  );
  await expect(followRun("r1", new AbortController().signal, watcher)).rejects.toMatchObject({
    problem: { status: 404 },
  });
});

test("a page that is left stops following", async () => {
  const abort = new AbortController();
  serve([runView()], [[...BEGIN, "drop"], ["refuse"], ["refuse"], ["refuse"]]);
  const following = followRun("r1", abort.signal, watcher).catch(() => "stopped");
  await vi.waitFor(() => expect(offline).toContain(true));
  abort.abort();
  await following;
  const shown = seen.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen.length).toBe(shown);
});
