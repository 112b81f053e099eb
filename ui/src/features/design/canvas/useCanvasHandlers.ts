// What the canvas does when something in it is pointed at, dragged or connected. The handlers stay the same functions for as long as the
// canvas is shown: a new one would make every node draw itself anew with each step of a drag.
import type { Connection, Edge } from "@xyflow/react";
import { type MouseEvent, useMemo, useRef } from "react";
import type { Pipeline } from "@/api/types";
import { useDraft } from "../draft";
import { isPlaced, placeName } from "./layout";
import { tellConnected } from "./tellConnected";
import type { FlowNode } from "./useNodes";
import { useView } from "./view";

interface Shown {
  pipeline: Pipeline;
  keys: string[];
  nodes: FlowNode[];
}

interface Told {
  selectEdge: (id: string | null) => void;
  setDragging: (dragging: boolean) => void;
}

export function useCanvasHandlers(shown: Shown, { selectEdge, setDragging }: Told) {
  const latest = useRef(shown);
  latest.current = shown;
  return useMemo(() => {
    const start = () => setDragging(true);
    const stop = (dragged: FlowNode[]) => {
      setDragging(false);
      useDraft.getState().setPositions(...placesAfter(latest.current, dragged));
    };
    return {
      onNodeDragStart: start,
      onSelectionDragStart: start,
      onNodeDragStop: (_: unknown, __: unknown, dragged: FlowNode[]) => stop(dragged),
      onSelectionDragStop: (_: unknown, dragged: FlowNode[]) => stop(dragged),
      onNodeMouseEnter: ({ buttons }: MouseEvent, { id }: FlowNode) => {
        if (buttons === 0) useView.setState({ hovered: id });
      },
      onNodeMouseLeave: () => useView.setState({ hovered: null }),
      onNodeDoubleClick: (_: unknown, { id, type }: FlowNode) => {
        if (type === "step") useView.getState().rename(id);
      },
      onEdgeClick: (event: MouseEvent, { id }: Edge) => {
        selectEdge(id);
        // Not every webview does so by itself, and without the focus the Delete key would go to the selected step.
        (event.currentTarget as Element & HTMLOrSVGElement).focus({ preventScroll: true });
      },
      onNodeClick: () => selectEdge(null),
      onPaneClick: () => selectEdge(null),
      onConnect: ({ source, target }: Connection) => {
        const { keys } = latest.current;
        tellConnected(keys.indexOf(source), keys.indexOf(target));
      },
      isValidConnection: ({ source, target }: Connection | Edge) => source !== target,
    };
  }, [selectEdge, setDragging]);
}

/** The places to keep when nodes were dragged, and the names of those: the first drag fixes all the others where they stand. */
function placesAfter({ pipeline, keys, nodes }: Shown, dragged: FlowNode[]) {
  const now = (node: FlowNode) => dragged.find(({ id }) => id === node.id) ?? node;
  const all = isPlaced(pipeline) ? dragged : nodes.map(now);
  const entries = all.map(({ id, position }) => {
    const place: [number, number] = [position.x, position.y];
    return [placeName(id, pipeline, keys), place] as const;
  });
  return [Object.fromEntries(entries), dragged.map(({ id }) => placeName(id, pipeline, keys))] as const;
}
