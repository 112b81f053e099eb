import { expect, test } from "vitest";
import { rateOf, type Sample, secondsLeft, secondsLeftOf, timesSoFar, withSample } from "./pace";

const run = (counts: [at: number, count: number][]): Sample[] =>
  counts.reduce<Sample[]>((samples, [at, count]) => withSample(samples, { at, count }), []);

test("a rate is told only after a while, and then over the last seconds", () => {
  expect(rateOf(run([[0, 1]]))).toBeUndefined();
  expect(
    rateOf(
      run([
        [0, 1],
        [200, 9],
      ]),
    ),
  ).toBeUndefined();
  expect(
    rateOf(
      run([
        [0, 1],
        [1000, 32],
      ]),
    ),
  ).toBe(31);
  // Ten a second for ten seconds, then a hundred a second: after another five seconds only the new pace counts.
  const slow = Array.from({ length: 100 }, (_, i): [number, number] => [i * 100, i]);
  const fast = Array.from({ length: 50 }, (_, i): [number, number] => [10_000 + i * 100, 100 + i * 10]);
  expect(rateOf(run([...slow, ...fast]))).toBeCloseTo(100, 0);
});

test("a fast model does not make a long list of samples", () => {
  const samples = run(Array.from({ length: 5000 }, (_, i): [number, number] => [i * 2, i]));
  expect(samples.length).toBeLessThan(60);
  expect(rateOf(samples)).toBeCloseTo(500, -1);
});

test("what remains follows from the rate, or from the fraction that is done", () => {
  expect(secondsLeft(100, 400, 30)).toBe(10);
  expect(secondsLeft(500, 400, 30)).toBe(0);
  expect(secondsLeft(0, 400, undefined)).toBeUndefined();
  expect(secondsLeftOf(0.25, 2000)).toBe(6);
  expect(secondsLeftOf(0.01, 2000)).toBeUndefined();
  expect(secondsLeftOf(0.5, 100)).toBeUndefined();
});

test("a running step's times are told by when its phases began", () => {
  expect(timesSoFar({}, 5000)).toEqual({ load_ms: 0, prompt_ms: 0, generate_ms: 0 });
  expect(timesSoFar({ load: 1000 }, 5000)).toEqual({ load_ms: 4000, prompt_ms: 0, generate_ms: 0 });
  expect(timesSoFar({ load: 1000, prompt: 3000, write: 3500 }, 5000)).toEqual({
    load_ms: 2000,
    prompt_ms: 500,
    generate_ms: 1500,
  });
  // A model in memory is not loaded.
  expect(timesSoFar({ prompt: 3000, write: 3500 }, 5000).load_ms).toBe(0);
});
