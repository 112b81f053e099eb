import { expect, test } from "vitest";
import { pipeline, step } from "@/test/fixtures";
import { linksOf, seenLinks } from "./graph";
import { arranged, heightOf, NODE_WIDTH, neighbour, type Point, positionAt } from "./layout";

const KEYS = ["a", "b", "c", "d"];
const ids = (links: { id: string; kind: string }[]) => links.map(({ id, kind }) => `${id} ${kind}`);

test.each([
  ["a chain by default", [step("a"), step("b")], ["context>a start", "a>b chain", "b>assembler end"]],
  [
    "branches, joined by a step that reads all",
    [step("a"), step("b", { inputs: ["a"] }), step("c", { inputs: ["a"] }), step("d")],
    ["context>a start", "a>b input", "a>c input", "b>d chain", "c>d chain", "d>assembler end"],
  ],
  [
    "a step that is off passes nothing on",
    [step("a"), step("b", { enabled: false }), step("c")],
    ["context>a start", "a>b off", "a>c chain", "c>assembler end"],
  ],
  [
    "a step that reads nothing begins at the context, and the Assembler reads every end",
    [step("a"), step("b", { inputs: [] })],
    ["context>a start", "context>b start", "a>assembler end", "b>assembler end"],
  ],
  [
    "inputs that are off or later",
    [step("a", { inputs: ["b"] }), step("b", { enabled: false }), step("c", { inputs: ["b"] })],
    ["context>a start", "a>b off", "b>c off", "a>assembler end", "c>assembler end"],
  ],
  ["no steps", [], ["context>assembler start"]],
])("%s", (_, steps, expected) => {
  expect(ids(linksOf(steps, KEYS))).toEqual(expected);
});

test("branches stand in their order, from left to right", () => {
  const steps = [
    step("a", { inputs: [] }),
    step("b", { inputs: [] }),
    step("c", { inputs: ["a"] }),
    step("d", { inputs: ["b"] }),
  ];
  const points = arranged(pipeline(...steps), KEYS);
  expect(points.a?.x).toBeLessThan(points.b?.x ?? 0);
  expect(points.c?.x).toBeLessThan(points.d?.x ?? 0);
  expect(points.a?.x).toBe(points.c?.x);
});

test("what is read without a line is known when it is asked for", () => {
  const steps = [step("a"), step("b"), step("c")];
  const drawn = linksOf(steps, KEYS);
  expect(ids(seenLinks(steps, KEYS, "c", drawn))).toEqual(["a>c seen"]);
  expect(ids(seenLinks(steps, KEYS, "assembler", drawn))).toEqual(["a>assembler seen", "b>assembler seen"]);
  expect(seenLinks(steps, KEYS, "context", drawn)).toEqual([]);
});

function overlaps(points: Record<string, Point>): string[] {
  const all = Object.entries(points);
  return all.flatMap(([id, one], at) =>
    all
      .slice(at + 1)
      .filter(([other, two]) => {
        const apart = Math.abs(one.x - two.x) >= NODE_WIDTH;
        return !apart && one.y < two.y + heightOf(other) && two.y < one.y + heightOf(id);
      })
      .map(([other]) => `${id} ${other}`),
  );
}

test("nodes stand below what they read, and never over each other", () => {
  const branched = pipeline(step("a"), step("b", { inputs: ["a"] }), step("c", { inputs: ["a"] }), step("d"));
  const points = arranged(branched, KEYS);
  expect(overlaps(points)).toEqual([]);
  expect(points.b?.y).toBe(points.c?.y);
  const order = ["context", "a", "b", "d", "assembler"].map((id) => points[id]?.y ?? 0);
  expect(order).toEqual(order.toSorted((one, two) => one - two));
});

test("switching a step off moves nothing", () => {
  const on = pipeline(step("a"), step("b"), step("c"));
  const off = pipeline(step("a"), step("b", { enabled: false }), step("c"));
  expect(arranged(off, KEYS.slice(0, 3))).toEqual(arranged(on, KEYS.slice(0, 3)));
});

test("kept places are kept, and nodes without one find room", () => {
  const placed = {
    ...pipeline(step("a"), step("b"), step("c")),
    metadata: { canvas: { a: [0, 0], c: [0, 220] } },
  };
  const points = arranged(placed, KEYS.slice(0, 3));
  expect(points).toMatchObject({ a: { x: 0, y: 0 }, c: { x: 0, y: 220 } });
  expect(overlaps(points)).toEqual([]);
});

test("two steps of one name, which a name being typed can bring, do not hide each other", () => {
  const placed = { ...pipeline(step("a"), step("a")), metadata: { canvas: { a: [0, 0] } } };
  expect(overlaps(arranged(placed, ["k1", "k2"]))).toEqual([]);
});

test("200 steps are arranged in well under a second", () => {
  const steps = Array.from({ length: 200 }, (_, at) =>
    step(`s${at}`, at % 3 === 2 ? { inputs: [`s${at - 2}`] } : {}),
  );
  const keys = steps.map((one) => one.step_name);
  const started = performance.now();
  expect(overlaps(arranged(pipeline(...steps), keys))).toEqual([]);
  expect(performance.now() - started).toBeLessThan(8000);
});

test("arrows find the nearest node straight ahead", () => {
  const points = { a: { x: 0, y: 0 }, b: { x: 0, y: 300 }, c: { x: 400, y: 300 } };
  expect(neighbour(points, "a", "down")).toBe("b");
  expect(neighbour(points, "b", "right")).toBe("c");
  expect(neighbour(points, "c", "up")).toBe("a");
  expect(neighbour(points, "a", "up")).toBeUndefined();
});

test("a drop counts the steps above it", () => {
  const points = { a: { x: 0, y: 0 }, b: { x: 0, y: 300 } };
  expect(positionAt(points, ["a", "b"], 10)).toBe(0);
  expect(positionAt(points, ["a", "b"], 200)).toBe(1);
  expect(positionAt(points, ["a", "b"], 900)).toBe(2);
});
