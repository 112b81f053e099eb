// The history as far as it is known: pages that follow one another from the newest run on. A page's rows may have been put out of memory,
// its length and its cursor never, so that a row keeps its place and can be fetched again. Pure; places count from 0 at the newest run.
import { type ListedPage, type ListedRun, PAGE_RUNS } from "@/api/library";

export interface Page {
  /** Where it begins; absent for the first. */
  cursor?: string;
  /** How many rows it has; 0 without rows while it has never been fetched. */
  length: number;
  /** Its rows; null when they are not in memory. */
  rows: ListedRun[] | null;
  /** The last of its rows when it was fetched, by which it ends when it is fetched again. */
  lastId?: string;
}

export interface RunList {
  /** The last one may not have been fetched; without such a page, the list's end is known. */
  pages: Page[];
  /** Rows that the router counts. */
  total: number;
}

/** The most rows that the router answers at once. */
const MAX_ROWS = 500;
/** Pages of which the rows stay in memory. */
const KEPT_PAGES = 16;

/** A list of which only the first page is known. */
export function fromHead(head: ListedPage): RunList {
  const first = head.runs.length > 0 ? [pageOf(undefined, head.runs)] : [];
  return counted([...first, ...after(head.next)], head.total);
}

/** The list with its first page as it is now. What was known beyond stays where the two meet; else it is forgotten. */
export function withHead(list: RunList, head: ListedPage): RunList {
  const last = head.runs.at(-1);
  if (!last || !head.next) return fromHead(head);
  const meeting = list.pages.findIndex(
    (page) => page.lastId === last.run_id || page.rows?.some((run) => run.run_id === last.run_id),
  );
  const met = list.pages[meeting];
  if (!met) return fromHead(head);
  const at = met.rows?.findIndex((run) => run.run_id === last.run_id) ?? -1;
  const older = at < 0 ? [] : (met.rows ?? []).slice(at + 1);
  const rest = list.pages.slice(meeting + 1);
  const pages = [
    pageOf(undefined, head.runs),
    ...(older.length > 0
      ? [{ ...pageOf(head.next, older), lastId: met.lastId ?? older.at(-1)?.run_id }]
      : []),
    ...rest,
  ];
  return counted(pages, head.total ?? list.total);
}

/** The list with a page as it was answered for the `cursor`. */
export function withPage(list: RunList, cursor: string | undefined, answer: ListedPage): RunList {
  const index = list.pages.findIndex((page) => page.cursor === cursor);
  const old = list.pages[index];
  if (!old) return list;
  const end = old.lastId === undefined ? -1 : answer.runs.findIndex((run) => run.run_id === old.lastId);
  const known = end >= 0;
  const rows = known ? answer.runs.slice(0, end + 1) : answer.runs;
  // Without its old end in sight the page overlaps the next ones or leaves a gap, so those are fetched anew.
  const rest = known ? list.pages.slice(index + 1) : after(answer.next);
  const pages = [...list.pages.slice(0, index), ...(rows.length > 0 ? [pageOf(cursor, rows)] : []), ...rest];
  return counted(pages, list.total);
}

/** The list without these runs. */
export function withoutRuns(list: RunList, gone: ReadonlySet<string>): RunList {
  let removed = 0;
  const pages = list.pages.map((page) => {
    const rows = page.rows?.filter((run) => !gone.has(run.run_id));
    if (!page.rows || !rows || rows.length === page.rows.length) return page;
    removed += page.rows.length - rows.length;
    return { ...page, rows, length: rows.length };
  });
  if (removed === 0) return list;
  return counted(
    pages.filter((page) => page.length > 0 || isOpen(page)),
    Math.max(0, list.total - removed),
  );
}

/** The list with runs that had been taken out of it, each where its age puts it. */
export function withRuns(list: RunList, back: ListedRun[]): RunList {
  return back.reduce((next, run) => {
    if (next.pages.some((page) => page.rows?.some((one) => one.run_id === run.run_id))) return next;
    const isOlder = (one: ListedRun) => one.created_at < run.created_at;
    const index = next.pages.findIndex((page) => page.rows?.some(isOlder));
    const fallback = next.pages.findLastIndex((page) => page.rows !== null && page.length > 0);
    const target = index >= 0 ? index : Math.max(0, fallback);
    const pages = next.pages.map((page, place) => {
      if (place !== target || !page.rows) return page;
      const at = page.rows.findIndex(isOlder);
      const rows = at < 0 ? [...page.rows, run] : page.rows.toSpliced(at, 0, run);
      return { ...page, rows, length: rows.length };
    });
    return { pages, total: next.total + 1 };
  }, list);
}

/** The list with one of its runs changed. */
export function withChange(list: RunList, runId: string, patch: Partial<ListedRun>): RunList {
  const pages = list.pages.map((page) =>
    page.rows?.some((run) => run.run_id === runId)
      ? { ...page, rows: page.rows.map((run) => (run.run_id === runId ? { ...run, ...patch } : run)) }
      : page,
  );
  return { ...list, pages };
}

/** The run at a place; undefined while it is not in memory. */
export function runAt(list: RunList, place: number): ListedRun | undefined {
  let start = 0;
  for (const page of list.pages) {
    if (place < start + page.length) return page.rows?.[place - start];
    start += page.length;
  }
  return undefined;
}

/** The place of a run; -1 while it is not in memory. */
export function placeOf(list: RunList, runId: string): number {
  let start = 0;
  for (const page of list.pages) {
    const at = page.rows?.findIndex((run) => run.run_id === runId) ?? -1;
    if (at >= 0) return start + at;
    start += page.length;
  }
  return -1;
}

export interface Wanted {
  cursor?: string;
  limit: number;
}

/** What must be fetched next so that the places from `first` to `last` can be shown; null when nothing is missing. */
export function nextFetch(list: RunList, first: number, last: number): Wanted | null {
  let start = 0;
  for (const page of list.pages) {
    const end = start + page.length;
    if (!isOpen(page) && !page.rows && start <= last && end > first)
      return { cursor: page.cursor, limit: Math.min(MAX_ROWS, page.length) };
    // The pages lead to one another, so a place far ahead is reached in long strides.
    if (isOpen(page))
      return start <= last
        ? { cursor: page.cursor, limit: last - start > 3 * PAGE_RUNS ? MAX_ROWS : PAGE_RUNS }
        : null;
    start = end;
  }
  return null;
}

/** The list with no more rows in memory than a window needs around the `place`; the first page always stays. */
export function trimmed(list: RunList, place: number): RunList {
  if (list.pages.filter((page) => page.rows).length <= KEPT_PAGES) return list;
  let start = 0;
  const distances = list.pages.map((page) => {
    const distance = Math.max(start - place, place - (start + page.length), 0);
    start += page.length;
    return distance;
  });
  const kept = new Set(
    list.pages
      .map((_, index) => index)
      .filter((index) => list.pages[index]?.rows)
      .sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0))
      .slice(0, KEPT_PAGES - 1),
  );
  const pages = list.pages.map((page, index) =>
    index === 0 || kept.has(index) || isOpen(page) ? page : { ...page, rows: null },
  );
  return { ...list, pages };
}

function pageOf(cursor: string | undefined, rows: ListedRun[]): Page {
  return { ...(cursor !== undefined && { cursor }), length: rows.length, rows, lastId: rows.at(-1)?.run_id };
}

/** The page that nobody has fetched yet, where there is one. */
const after = (next: string | null | undefined): Page[] =>
  next ? [{ cursor: next, length: 0, rows: null }] : [];

/** A page that nobody has fetched yet: what lies there is unknown. */
const isOpen = (page: Page) => page.rows === null && page.length === 0;

/** A list of these pages. How many rows there are is known when its end is; else it is what the router counted. */
function counted(pages: Page[], told: number | null | undefined): RunList {
  const known = pages.reduce((sum, page) => sum + page.length, 0);
  return { pages, total: pages.some(isOpen) ? Math.max(known + 1, told ?? 0) : known };
}
