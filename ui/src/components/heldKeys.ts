// Keys that were pressed while a part of the page was still being loaded. The commands that they belong to come with the part, so the
// keys wait for it instead of being lost.

import { create } from "zustand";

/** How long in ms a key may wait: what happens much later than it was asked for surprises. */
const KEPT_MS = 5000;

interface Held {
  pressed: string;
  at: number;
}

/** How many parts are awaited on the screen. */
const useAwaited = create<{ parts: number }>()(() => ({ parts: 0 }));
const count = (by: number) => useAwaited.setState(({ parts }) => ({ parts: parts + by }));

/** Whether something on the screen is still being loaded. */
export const useAwaiting = (): boolean => useAwaited(({ parts }) => parts > 0);
export const isAwaiting = (): boolean => useAwaited.getState().parts > 0;

let held: Held[] = [];
let play: (pressed: string) => void = () => {};

/** Names who carries out a key that has waited. */
export function onHeldKey(carryOut: (pressed: string) => void): void {
  play = carryOut;
}

/** Keys wait from now on, until the answered function is called: the part has come then, or will not come. */
export function awaitCommands(): () => void {
  count(1);
  let over = false;
  return () => {
    if (over) return;
    over = true;
    count(-1);
    // What the part brings is offered once it is on screen.
    setTimeout(playNext);
  };
}

/** Keeps a key that no command answers to; false when nothing is awaited, or when it is the browser's own way out. */
export function holdKey(pressed: string): boolean {
  if (!isAwaiting() || /^mod\+(shift\+)?r$/.test(pressed)) return false;
  held.push({ pressed, at: Date.now() });
  return true;
}

/** Another screen is not meant by what was pressed for the one before. */
export function forgetHeldKeys(): void {
  held = [];
}

/** One key after another, since a command may open something that is loaded first. */
function playNext(): void {
  if (isAwaiting()) return;
  const next = held.shift();
  if (!next) return;
  if (Date.now() - next.at <= KEPT_MS) play(next.pressed);
  setTimeout(playNext);
}
