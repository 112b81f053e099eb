import { expect, test } from "vitest";
import type { ListedPage, ListedRun } from "@/api/library";
import { listedRun } from "@/test/fixtures";
import {
  fromHead,
  nextFetch,
  placeOf,
  type RunList,
  runAt,
  trimmed,
  withHead,
  withoutRuns,
  withPage,
  withRuns,
} from "./runList";

/** `count` runs, the newest first, as a router would answer them. */
function machine(count: number) {
  const run = (number: number): ListedRun =>
    listedRun(`r${number}`, { created_at: new Date(number * 60_000).toISOString() });
  let runs = Array.from({ length: count }, (_, index) => run(count - index));
  return {
    get runs() {
      return runs;
    },
    start: () => {
      runs = [run(Number(runs[0]?.run_id.slice(1) ?? 0) + 1), ...runs];
    },
    remove: (runId: string) => {
      runs = runs.filter((one) => one.run_id !== runId);
    },
    /** The cursor is a stamp: what is older comes after it, whatever became of the run that gave it. */
    page(before: string | undefined, limit: number): ListedPage {
      let [start, end] = [0, before === undefined ? 0 : runs.length];
      while (start < end) {
        const middle = (start + end) >> 1;
        if ((runs[middle]?.created_at ?? "") < (before ?? "")) end = middle;
        else start = middle + 1;
      }
      const page = runs.slice(start, start + limit);
      const next = start + limit < runs.length && { next: page.at(-1)?.created_at };
      return { runs: page, total: runs.length, ...next };
    },
  };
}

/** Fetches until the places are in memory; answers how many requests that took. */
function see(
  list: RunList,
  from: ReturnType<typeof machine>,
  first: number,
  last: number,
): [RunList, number] {
  for (let requests = 0; ; requests++) {
    const wanted = nextFetch(list, first, Math.min(last, list.total - 1));
    if (!wanted) return [list, requests];
    if (requests > 1000) throw new Error("it never ends");
    list = trimmed(withPage(list, wanted.cursor, from.page(wanted.cursor, wanted.limit)), first);
  }
}

const inMemory = (list: RunList) => list.pages.reduce((sum, page) => sum + (page.rows?.length ?? 0), 0);
const shown = (list: RunList, first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, offset) => runAt(list, first + offset)?.run_id);
const ids = (runs: ListedRun[]) => runs.map((run) => run.run_id);

test("a hundred thousand runs are as high from the start as at the end, and few of them are in memory", () => {
  const all = machine(100_000);
  let list = fromHead(all.page(undefined, 100));
  expect(list.total).toBe(100_000);
  let requests: number;
  [list, requests] = see(list, all, 99_960, 99_999);
  expect(requests).toBeLessThan(210);
  expect(shown(list, 99_960, 99_999)).toEqual(ids(all.runs.slice(99_960)));
  expect(list.total).toBe(100_000);
  expect(inMemory(list)).toBeLessThan(10_000);
  // The way back takes one request: where a page begins is never forgotten.
  [list, requests] = see(list, all, 50_020, 50_060);
  expect(requests).toBe(1);
  expect(shown(list, 50_020, 50_060)).toEqual(ids(all.runs.slice(50_020, 50_061)));
  [list, requests] = see(list, all, 0, 40);
  expect(requests).toBe(0);
});

test("new runs push the known ones down and nothing is fetched twice", () => {
  const all = machine(450);
  let [list] = see(fromHead(all.page(undefined, 100)), all, 320, 360);
  for (let count = 0; count < 3; count++) all.start();
  list = withHead(list, all.page(undefined, 100));
  expect(list.total).toBe(453);
  expect(placeOf(list, "r130")).toBe(323);
  expect(shown(list, 90, 110)).toEqual(ids(all.runs.slice(90, 111)));
  expect(see(list, all, 0, 360)[1]).toBe(0);
});

test("when the first page has nothing in common with what is known, all is asked anew", () => {
  const all = machine(300);
  let [list] = see(fromHead(all.page(undefined, 100)), all, 0, 250);
  for (let count = 0; count < 150; count++) all.start();
  list = withHead(list, all.page(undefined, 100));
  expect(list.total).toBe(450);
  [list] = see(list, all, 0, 449);
  expect(shown(list, 0, 449)).toEqual(ids(all.runs));
});

test("deleted runs leave no gap, and come back where they were", () => {
  const all = machine(260);
  let [list] = see(fromHead(all.page(undefined, 100)), all, 0, 259);
  const gone = [all.runs[99], all.runs[100], all.runs[200]] as ListedRun[];
  list = withoutRuns(list, new Set(ids(gone)));
  expect(list.total).toBe(257);
  expect(shown(list, 95, 105)).not.toContain(undefined);
  list = withRuns(list, gone);
  expect(list.total).toBe(260);
  expect(shown(list, 0, 259)).toEqual(ids(all.runs));
});

test("a run that was deleted elsewhere does not shift or double the pages after it", () => {
  const all = machine(15_000);
  let [list] = see(fromHead(all.page(undefined, 100)), all, 14_900, 14_999);
  const end = list.pages.find((page) => page.rows === null && page.length > 0)?.lastId ?? "";
  expect(end).not.toBe("");
  all.remove(end);
  for (let first = 0; first < 14_900; first += 90) [list] = see(list, all, first, first + 40);
  [list] = see(list, all, 0, 40);
  const known = shown(list, 0, list.total - 1).filter((runId) => runId !== undefined);
  expect(new Set(known).size).toBe(inMemory(list));
  expect(known).not.toContain(end);
  expect(shown(list, 0, 40)).toEqual(ids(all.runs.slice(0, 41)));
  [list] = see(list, all, 14_960, 14_998);
  expect(shown(list, 14_960, 14_998)).toEqual(ids(all.runs.slice(14_960)));
  expect(list.total).toBe(14_999);
});

test("the end of a list that is shorter than was counted is its end", () => {
  const all = machine(150);
  let list = fromHead({ ...all.page(undefined, 100), total: 400 });
  expect(list.total).toBe(400);
  [list] = see(list, all, 100, 140);
  expect(list.total).toBe(150);
  expect(fromHead({ runs: [], total: 0 }).total).toBe(0);
});
