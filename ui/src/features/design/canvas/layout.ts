// Where the nodes stand: computed from what reads what until the user moves one, and as the user left them from then on.
import dagre from "@dagrejs/dagre";
import type { Pipeline } from "@/api/types";
import { type Link, linksOf } from "./graph";
import { ASSEMBLER_PLACE, CONTEXT_PLACE, type Places, placesOf } from "./history";

/** Sizes in px. They are fixed so that nothing moves when a node has more to tell. */
export const NODE_WIDTH = 300;
export const STEP_HEIGHT = 148;
export const CONTEXT_HEIGHT = 108;
export const ASSEMBLER_HEIGHT = STEP_HEIGHT;
export const GRID = 20;
const GAP_X = 44;
const GAP_Y = 44;

export interface Point {
  x: number;
  y: number;
}

export const heightOf = (id: string): number => (id === "context" ? CONTEXT_HEIGHT : STEP_HEIGHT);

/** The name under which a node's place is kept. */
export function placeName(id: string, pipeline: Pipeline, keys: string[]): string {
  if (id === "context") return CONTEXT_PLACE;
  if (id === "assembler") return ASSEMBLER_PLACE;
  return pipeline.steps[keys.indexOf(id)]?.step_name ?? "";
}

/** Whether the user has moved nodes, so that they stay where they are. */
export function isPlaced(pipeline: Pipeline): boolean {
  return Object.keys(placesOf(pipeline)).length > 0;
}

/** The place of every node by its id; corners are top left. */
export function arranged(pipeline: Pipeline, keys: string[]): Record<string, Point> {
  return isPlaced(pipeline) ? kept(pipeline, keys, placesOf(pipeline)) : computed(pipeline, keys);
}

function computed(pipeline: Pipeline, keys: string[]): Record<string, Point> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: GAP_X, ranksep: GAP_Y, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  const ids = ["context", ...keys, "assembler"];
  for (const id of ids) graph.setNode(id, { width: NODE_WIDTH, height: heightOf(id) });
  // As if every step ran, so that switching one off moves nothing.
  const steps = pipeline.steps.map((step) => ({ ...step, enabled: true }));
  for (const { source, target } of linksOf(steps, keys)) graph.setEdge(source, target);
  dagre.layout(graph);
  const points = ids.map((id) => {
    const { x = 0, y = 0 } = graph.node(id);
    return [id, { x: x - NODE_WIDTH / 2, y: y - heightOf(id) / 2 }] as const;
  });
  return ordered(forward(Object.fromEntries(points), keys), linksOf(steps, keys), keys);
}

/** The mirror image of a layout where most steps that stand side by side stand in it from right to left. */
function forward(points: Record<string, Point>, keys: string[]): Record<string, Point> {
  const places = keys.flatMap((key) => points[key] ?? []);
  let turned = 0;
  for (const [at, one] of places.entries())
    for (const other of places.slice(at + 1)) if (other.y === one.y) turned += Math.sign(one.x - other.x);
  if (turned <= 0) return points;
  return Object.fromEntries(Object.entries(points).map(([id, { x, y }]) => [id, { x: -x - NODE_WIDTH, y }]));
}

/** Lets steps that stand side by side and read and feed the same stand in their order, from left to right. */
function ordered(points: Record<string, Point>, links: Link[], keys: string[]): Record<string, Point> {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const ends = links.filter(({ source, target }) => source === key || target === key);
    const around = ends.map(({ source, target }) => (source === key ? `>${target}` : source)).sort();
    const group = `${points[key]?.y} ${around}`;
    groups.set(group, [...(groups.get(group) ?? []), key]);
  }
  const next = { ...points };
  for (const group of groups.values()) {
    const places = group.flatMap((key) => points[key] ?? []).sort((a, b) => a.x - b.x);
    for (const [at, key] of group.entries()) if (places[at]) next[key] = places[at];
  }
  return next;
}

function kept(pipeline: Pipeline, keys: string[], places: Places): Record<string, Point> {
  const points: Record<string, Point> = {};
  const used = new Set<string>();
  const free = (from: Point, height: number): Point => {
    let point = from;
    const clashes = () =>
      Object.entries(points).some(
        ([id, other]) =>
          Math.abs(other.x - point.x) < NODE_WIDTH &&
          point.y < other.y + heightOf(id) &&
          other.y < point.y + height,
      );
    while (clashes()) point = { x: point.x, y: point.y + GRID };
    return point;
  };
  const known = (id: string, name: string) => {
    const place = used.has(name) ? undefined : places[name];
    used.add(name);
    if (place) points[id] = { x: place[0], y: place[1] };
  };
  known("context", CONTEXT_PLACE);
  for (const [at, step] of pipeline.steps.entries()) known(keys[at] ?? "", step.step_name);
  known("assembler", ASSEMBLER_PLACE);
  // A node without a place stands below the one it follows, as soon as there is room.
  for (const [at, key] of keys.entries()) {
    if (points[key]) continue;
    const before = points[keys[at - 1] ?? "context"] ?? { x: 0, y: 0 };
    const height = heightOf(keys[at - 1] ?? "context");
    points[key] = free({ x: before.x, y: before.y + height + GAP_Y }, STEP_HEIGHT);
  }
  const all = keys.map((key) => points[key] as Point);
  const middle = all.length > 0 ? all.reduce((sum, { x }) => sum + x, 0) / all.length : 0;
  points.context ??= {
    x: middle,
    y: Math.min(0, ...all.map(({ y }) => y - GAP_Y - CONTEXT_HEIGHT)),
  };
  points.assembler ??= free(
    { x: middle, y: Math.max(0, ...all.map(({ y }) => y + STEP_HEIGHT + GAP_Y)) },
    ASSEMBLER_HEIGHT,
  );
  return points;
}

/** The list position for a step that is dropped at a height: after all steps whose middle lies above it. */
export function positionAt(points: Record<string, Point>, keys: string[], y: number): number {
  return keys.filter((key) => (points[key]?.y ?? 0) + STEP_HEIGHT / 2 < y).length;
}

export type Direction = "up" | "down" | "left" | "right";

/** The node next to `from` in a direction; what lies straight ahead is nearer than what lies aside. */
export function neighbour(
  points: Record<string, Point>,
  from: string,
  direction: Direction,
): string | undefined {
  const here = points[from];
  if (!here) return undefined;
  const upright = direction === "up" || direction === "down";
  const sign = direction === "up" || direction === "left" ? -1 : 1;
  const middle = (id: string, point: Point): Point => ({ x: point.x, y: point.y + heightOf(id) / 2 });
  const start = middle(from, here);
  let best: { id: string; cost: number } | undefined;
  for (const [id, point] of Object.entries(points)) {
    if (id === from) continue;
    const end = middle(id, point);
    const ahead = sign * (upright ? end.y - start.y : end.x - start.x);
    const aside = Math.abs(upright ? end.x - start.x : end.y - start.y);
    if (ahead < GRID) continue;
    const cost = ahead + aside;
    if (!best || cost < best.cost) best = { id, cost };
  }
  return best?.id;
}

export interface Viewport extends Point {
  zoom: number;
}

/** Smallest zoom at which the text of a node is comfortable to read. */
const READABLE = 0.75;
const MARGIN = 28;

/** The view to begin with: everything, or where that would be too small to read, the beginning. */
export function firstView(points: Record<string, Point>, width: number, height: number): Viewport {
  const all = Object.entries(points);
  const left = Math.min(...all.map(([, { x }]) => x));
  const top = Math.min(...all.map(([, { y }]) => y));
  const right = Math.max(...all.map(([, { x }]) => x + NODE_WIDTH));
  const bottom = Math.max(...all.map(([id, { y }]) => y + heightOf(id)));
  const fitting = Math.min((width - 2 * MARGIN) / (right - left), (height - 2 * MARGIN) / (bottom - top));
  if (fitting >= READABLE) {
    const zoom = Math.min(1, fitting);
    return {
      x: (width - (left + right) * zoom) / 2,
      y: (height - (top + bottom) * zoom) / 2,
      zoom,
    };
  }
  const zoom = Math.max(READABLE, Math.min(1, (width - 2 * MARGIN) / (right - left)));
  const begin = points.context ?? { x: left, y: top };
  return { x: width / 2 - (begin.x + NODE_WIDTH / 2) * zoom, y: MARGIN - top * zoom, zoom };
}
