import { expect, test } from "vitest";
import type { DeviceView } from "@/api/models";
import { filtered, firstOf, grouped, NO_FILTER } from "./filter";
import { firstChoice, needOfFile, roomOf, verdictOf } from "./room";
import { catalogFile, catalogModel, fitView } from "./testData";

const room = { free: 8e9, total: 14.4e9 };

test.each([
  [7e9, "fits"],
  [12e9, "later"],
  [15e9, "never"],
])("%d bytes of memory: %s", (needed, verdict) => {
  expect(verdictOf(needed, room)).toBe(verdict);
});

test("without a word of the machine nothing is said to fit or not", () => {
  expect(roomOf(undefined)).toBeUndefined();
  expect(roomOf({ ...fitView(), machine: { held_bytes: 0, allow_overcommit: false } })).toBeUndefined();
  expect(verdictOf(1, undefined)).toBe("unknown");
});

test("a card's own memory counts, and memory that it shares with the processor does not", () => {
  const device = (kind: string): DeviceView => ({
    name: kind,
    description: kind,
    kind,
    backend: "x",
    memory_total_bytes: 8e9,
    memory_free_bytes: 6e9,
  });
  const fit = { ...fitView(), devices: [device("cpu"), device("gpu"), device("integrated_gpu")] };
  expect(roomOf(fit)).toEqual({ free: 14e9, total: 16e9 * 0.9 + 8e9 });
});

test("what models hold that are loaded counts as free", () => {
  const fit = fitView(8e9);
  expect(roomOf({ ...fit, machine: { ...fit.machine, held_bytes: 3e9 } })?.free).toBe(11e9);
});

test("a size is enough for a guess where the need is not known", () => {
  expect(needOfFile(catalogFile("a", { memory_bytes: null, size_bytes: 1e9 }))).toBeCloseTo(1.4e9);
});

test("the recommended form is chosen unless only a smaller one fits", () => {
  const small = catalogFile("m-q3", { memory_bytes: 5e9 });
  const large = catalogFile("m-q8", { memory_bytes: 20e9 });
  const entry = catalogModel("m", { files: [small, large], recommended_file: "m-q8" });
  expect(firstChoice(entry, undefined)?.id).toBe("m-q8");
  expect(firstChoice(entry, room)?.id).toBe("m-q3");
  const here = { ...entry, files: [small, { ...large, present: true }] };
  expect(firstChoice(here, room)?.id).toBe("m-q8");
});

test("models are filtered by words, role and machine, and each stands once under its heading", () => {
  const entries = [
    catalogModel("one"),
    catalogModel("two", { roles: ["CodeGemma", "Assembler"], workstation: ["32GB"] }),
    catalogModel("three", { roles: [], files: [catalogFile("t", { memory_bytes: 99e9 })] }),
  ];
  expect(filtered(entries, NO_FILTER, room).map(({ id }) => id)).toEqual(["one", "two"]);
  expect(filtered(entries, { ...NO_FILTER, machine: "any" }, room).length).toBe(3);
  expect(filtered(entries, { ...NO_FILTER, machine: "32GB" }, room).map(({ id }) => id)).toEqual(["two"]);
  expect(filtered(entries, { ...NO_FILTER, role: "Assembler" }, room).map(({ id }) => id)).toEqual(["two"]);
  expect(filtered(entries, { ...NO_FILTER, text: "GOOD two" }, room).map(({ id }) => id)).toEqual(["two"]);
  const groups = grouped(entries, "any");
  expect(groups.map(({ id, entries: list }) => [id, list.length])).toEqual([
    ["CodeLlama", 1],
    ["several", 1],
    ["none", 1],
  ]);
  expect(firstOf(groups, 2).map(({ id }) => id)).toEqual(["CodeLlama", "several"]);
  expect(grouped(entries.slice(0, 2), "Assembler").map(({ id }) => id)).toEqual(["Assembler"]);
});
