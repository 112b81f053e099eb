import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BEAT_MS, onEveryBeat, onNextBeat } from "./beat";

beforeEach(() => vi.useFakeTimers({ now: 1_000_030 }));
afterEach(() => vi.useRealTimers());

test("whoever asks within one beat is called in the same moment", async () => {
  const calls: number[] = [];
  const call = () => calls.push(Date.now());
  onNextBeat(call);
  await vi.advanceTimersByTimeAsync(40);
  onNextBeat(call);
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  expect(calls).toEqual([1_000_125, 1_000_125]);
});

test("what was taken back is not called", async () => {
  const call = vi.fn();
  onNextBeat(call)();
  await vi.advanceTimersByTimeAsync(1000);
  expect(call).not.toHaveBeenCalled();
});

test("a repeated call keeps to the beat however late it was served, until it is ended", async () => {
  const calls: number[] = [];
  const end = onEveryBeat(() => calls.push(Date.now()), 500);
  await vi.advanceTimersByTimeAsync(600);
  vi.setSystemTime(1_000_770);
  await vi.advanceTimersByTimeAsync(1000);
  end();
  await vi.advanceTimersByTimeAsync(2000);
  expect(calls[0]).toBe(1_000_500);
  expect(calls).toHaveLength(3);
  expect((calls.at(-1) ?? 1) % 500).toBe(0);
});
