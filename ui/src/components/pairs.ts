// What of one side stands beside what of the other, matched by name. Pure.
import type { Artifact } from "@/api/types";

export interface Pair<T> {
  name: string;
  left?: T | undefined;
  right?: T | undefined;
}

/** Everything named, in the order of the right side, with what only the left has after its neighbour there. */
export function pairsOf<T>(left: T[], right: T[], nameOf: (one: T) => string): Pair<T>[] {
  const pairs: Pair<T>[] = right.map((one) => ({
    name: nameOf(one),
    left: left.find((other) => nameOf(other) === nameOf(one)),
    right: one,
  }));
  left.forEach((one, index) => {
    const name = nameOf(one);
    if (pairs.some((pair) => pair.name === name)) return;
    const before = left[index - 1];
    const at = before ? pairs.findIndex((pair) => pair.name === nameOf(before)) + 1 : 0;
    pairs.splice(at, 0, { name, left: one });
  });
  return pairs;
}

export type FileState = "same" | "changed" | "added" | "removed";

/** The files of both sides, each with how it stands. */
export const filePairs = (left: Artifact[], right: Artifact[]) =>
  pairsOf(left, right, (file) => file.name).map((pair) => ({ ...pair, state: fileState(pair) }));

function fileState({ left, right }: Pair<Artifact>): FileState {
  if (!left) return "added";
  if (!right) return "removed";
  return left.content === right.content ? "same" : "changed";
}
