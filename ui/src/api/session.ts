// Whether this browser is signed in. Only a listener with a token ever answers 401; inside the window nothing does.
import { useSyncExternalStore } from "react";

let signedOut = false;
const listeners = new Set<() => void>();

/** Called with the status of every answer: 401 signs the page out, and whatever gets through signs it in again. */
export function noteAnswer(status: number): void {
  const next = status === 401;
  if (next === signedOut) return;
  signedOut = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useSignedOut = (): boolean => useSyncExternalStore(subscribe, () => signedOut);
