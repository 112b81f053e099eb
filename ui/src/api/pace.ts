// How fast something goes and how long it will take, from counts that were seen at certain times. Pure: times are passed in, in ms.

export interface Sample {
  at: number;
  count: number;
}

/** Time in ms over which a rate is taken: long enough not to jump, short enough to follow a machine that slows down. */
const WINDOW_MS = 4000;
/** Samples closer than this in ms are one, so that a fast model does not make long lists. */
const APART_MS = 100;
/** Shortest time in ms over which a rate is told, so that the first batch does not read as thousands. */
const SHORTEST_MS = 400;

/** The samples with a new one, without those that are too old to matter. */
export function withSample(samples: Sample[], sample: Sample): Sample[] {
  const kept = samples.filter(
    (one, index) => index === samples.length - 1 || sample.at - one.at <= WINDOW_MS,
  );
  const last = kept.at(-1);
  const before = kept.at(-2);
  // The newest sample moves while it is close to the one before it; the first one stays, since rates are counted from it.
  return last && before && last.at - before.at < APART_MS
    ? [...kept.slice(0, -1), sample]
    : [...kept, sample];
}

/** Counts per second over the window; undefined while too little has been seen. */
export function rateOf(samples: Sample[]): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < SHORTEST_MS) return undefined;
  return ((last.count - first.count) * 1000) / (last.at - first.at);
}

/** When a step's phases began, in ms since the epoch. */
export interface Marks {
  load?: number;
  prompt?: number;
  write?: number;
}

/** The times in ms that a running step's phases have taken until `now`. */
export function timesSoFar(marks: Marks, now: number) {
  const end = (...later: (number | undefined)[]) => later.find((at) => at !== undefined) ?? now;
  const span = (from: number | undefined, to: number) => (from === undefined ? 0 : Math.max(0, to - from));
  return {
    load_ms: span(marks.load, end(marks.prompt, marks.write)),
    prompt_ms: span(marks.prompt, end(marks.write)),
    generate_ms: span(marks.write, now),
  };
}

/** Seconds until all of `total` is done at `rate` a second; undefined where that cannot be said. */
export function secondsLeft(done: number, total: number, rate: number | undefined): number | undefined {
  if (rate === undefined || rate <= 0 || total <= 0) return undefined;
  return Math.max(0, total - done) / rate;
}

/** Seconds that the rest of something takes which got to `fraction` in `elapsed_ms`; undefined until that says anything. */
export function secondsLeftOf(fraction: number, elapsed_ms: number): number | undefined {
  if (fraction < 0.05 || elapsed_ms < 500) return undefined;
  return (elapsed_ms * (1 - Math.min(1, fraction))) / fraction / 1000;
}
