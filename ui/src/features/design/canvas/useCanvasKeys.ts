// The keys of the canvas that only mean something while a node or a line has the focus. Those that work anywhere are commands.
import { useReactFlow } from "@xyflow/react";
import type { KeyboardEvent } from "react";
import type { Pipeline } from "@/api/types";
import { useDraft } from "../draft";
import { type Direction, GRID, isPlaced, neighbour, type Point, placeName } from "./layout";
import { focusInspector, focusNode } from "./useReveal";

const ARROWS: Record<string, Direction> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

interface CanvasKeys {
  pipeline: Pipeline;
  keys: string[];
  places: Record<string, Point>;
  edge: string | null;
  selectEdge: (id: string | null) => void;
}

export function useCanvasKeys({ pipeline, keys, places, edge, selectEdge }: CanvasKeys) {
  const { zoomIn, zoomOut } = useReactFlow();

  function cut(id: string): void {
    const [source = "", target = ""] = id.split(">");
    if (!keys.includes(source) || !keys.includes(target)) return;
    useDraft.getState().disconnect(keys.indexOf(source), keys.indexOf(target));
    selectEdge(null);
    focusNode(target);
  }

  function nudge(direction: Direction): void {
    const { chosen, selected, setPositions } = useDraft.getState();
    const moving = chosen.length > 0 ? chosen : [selected];
    const by = direction === "up" || direction === "left" ? -GRID : GRID;
    const upright = direction === "up" || direction === "down";
    const all = isPlaced(pipeline) ? moving : Object.keys(places);
    const entries = all.flatMap((id) => {
      const place = places[id];
      if (!place) return [];
      const step = moving.includes(id) ? by : 0;
      return [
        [placeName(id, pipeline, keys), [place.x + (upright ? 0 : step), place.y + (upright ? step : 0)]],
      ];
    });
    const names = moving.map((id) => placeName(id, pipeline, keys));
    setPositions(Object.fromEntries(entries), names);
  }

  /** Whether the key meant something to the node. */
  function onNode(event: KeyboardEvent, id: string): boolean {
    const { select, selectMany, chosen } = useDraft.getState();
    const direction = ARROWS[event.key];
    if (direction && event.shiftKey) nudge(direction);
    else if (direction) {
      const next = neighbour(places, id, direction);
      if (next) {
        select(next);
        focusNode(next);
      }
    } else if (event.key === "Enter") {
      select(id);
      focusInspector();
    } else if (event.key === " ") {
      if (keys.includes(id) && chosen.includes(id)) selectMany(chosen.filter((key) => key !== id));
      else if (keys.includes(id)) selectMany([...chosen, id]);
      else select(id);
    } else if (event.key === "Escape") select(id);
    else return false;
    return true;
  }

  return (event: KeyboardEvent<HTMLDivElement>) => {
    const target = event.target as HTMLElement;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("input, textarea, select, button, [contenteditable=true]")) return;
    const line = target.closest(".react-flow__edge")?.getAttribute("data-id") ?? null;
    const node = target.closest(".react-flow__node")?.getAttribute("data-id");
    const open = line ?? edge;
    let done = true;
    if (open && (event.key === "Delete" || event.key === "Backspace")) cut(open);
    else if (line && (event.key === "Enter" || event.key === " ")) selectEdge(line);
    else if (edge && event.key === "Escape") selectEdge(null);
    else if (event.key === "+" || event.key === "=") void zoomIn();
    else if (event.key === "-") void zoomOut();
    else done = node ? onNode(event, node) : false;
    if (done) event.preventDefault();
  };
}
