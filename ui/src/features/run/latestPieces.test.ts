import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import type { Artifact } from "@/api/types";
import { latestPieces } from "./latestPieces";

/** The cases that the program's own rule is tested with. */
const CASES = resolve(import.meta.dirname, "../../../../crates/artifacts/tests/latest-pieces.json");

interface Case {
  case: string;
  steps: Artifact[][];
  /** Names and contents of the pieces that stay, in order. */
  expected: [string, string][];
}

const cases: Case[] = JSON.parse(readFileSync(CASES, "utf8"));

test.each(cases)("latest pieces: $case", ({ steps, expected }) => {
  expect(latestPieces(steps).map((piece) => [piece.name, piece.content])).toEqual(expected);
});
