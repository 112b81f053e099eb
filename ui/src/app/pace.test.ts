import { expect, test } from "vitest";
import type { RunEvent } from "@/api/types";
import { paceReader } from "./pace";

const at = (ms: number) => new Date(ms).toISOString();
const event = (value: object) => value as RunEvent;
const text = (ms: number, generated: number, position = 0) =>
  event({ event: "text", position, generated, offset: 0, text: "x", at: at(ms) });

test("loading, reading and writing have a pace, and a rate needs a moment", () => {
  const read = paceReader();
  expect(read(event({ event: "loading", position: 0, fraction: 0.43, at: at(0) }))).toEqual({
    kind: "loading",
    fraction: 0.43,
  });
  expect(read(event({ event: "prompt", position: 0, done: 30, total: 120, cached: 0, at: at(0) }))).toEqual({
    kind: "prompt",
    fraction: 0.25,
  });
  expect(read(text(1000, 1))).toEqual({ kind: "writing" });
  expect(read(text(2000, 32))).toEqual({ kind: "writing", rate: 31 });
  // Another step begins to count anew.
  expect(read(text(9000, 5, 1))).toEqual({ kind: "writing" });
  expect(read(event({ event: "change", seq: 3, at: at(0), change: { kind: "step_finished" } }))).toBeNull();
  expect(
    read(event({ event: "change", seq: 4, at: at(0), change: { kind: "step_started" } })),
  ).toBeUndefined();
});
