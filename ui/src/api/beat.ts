// The beat on which whatever changes by itself is drawn. On a machine without graphics hardware each frame is painted by the processor
// that the model needs, so that the texts, clocks and rates of a run share a few frames a second instead of asking for one each.

/** Ms between two drawings of what streams in: faster ones cannot be read. */
export const BEAT_MS = 125;

/** Calls once, at the next time that is a whole number of `every_ms`; answers what takes the call back. */
export function onNextBeat(call: () => void, every_ms = BEAT_MS): () => void {
  const timer = setTimeout(call, every_ms - (Date.now() % every_ms));
  return () => clearTimeout(timer);
}

/** Calls at every time that is a whole number of `every_ms`, until the answered function is called. */
export function onEveryBeat(call: () => void, every_ms: number): () => void {
  let cancel = () => {};
  const wait = () => {
    cancel = onNextBeat(() => {
      wait();
      call();
    }, every_ms);
  };
  wait();
  return () => cancel();
}
