// Keeps the selected node on screen when something else than a click selected it: the list of problems, the outline, a new step.
import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect, useRef } from "react";
import { heightOf, NODE_WIDTH, type Point } from "./layout";
import { motion } from "./view";

export function useReveal(
  wrapper: RefObject<HTMLDivElement | null>,
  places: Record<string, Point>,
  keys: string[],
  selected: string,
): void {
  const { getViewport, setCenter } = useReactFlow();
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a node that is dragged away is not brought back, a new one is.
  useEffect(() => {
    const place = places[selected];
    const pane = wrapper.current;
    if (first.current || !place || !pane) {
      first.current = false;
      return;
    }
    const { x, y, zoom } = getViewport();
    const middle = { x: place.x + NODE_WIDTH / 2, y: place.y + heightOf(selected) / 2 };
    const left = middle.x * zoom + x;
    const top = middle.y * zoom + y;
    const inside = left > 0 && top > 0 && left < pane.clientWidth && top < pane.clientHeight;
    if (!inside) void setCenter(middle.x, middle.y, { zoom, duration: motion(160) });
  }, [selected, keys.length]);
}

/** Puts the focus on a node, as soon as it is drawn. */
export function focusNode(id: string, tries = 12): void {
  const node = document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
  if (node) node.focus({ preventScroll: true });
  else if (tries > 0) setTimeout(() => focusNode(id, tries - 1), 25);
}

/** Puts the focus into the form of what is selected. */
export function focusInspector(): void {
  const form = document.querySelector<HTMLElement>(".inspector");
  form?.scrollIntoView?.({ block: "nearest" });
  form
    ?.querySelector<HTMLElement>("input:not([type=hidden]), textarea, [contenteditable=true], button")
    ?.focus();
}
