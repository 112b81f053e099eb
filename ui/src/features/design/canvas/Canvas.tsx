import "@xyflow/react/dist/base.css";
import {
  Background,
  BackgroundVariant,
  MiniMap,
  Panel,
  ReactFlow,
  type ReactFlowInstance,
  useReactFlow,
} from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import type { Pipeline } from "@/api/types";
import { classes } from "@/components/classes";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { CanvasTools, useCanvasCommands } from "./CanvasTools";
import { FlowEdge } from "./FlowEdge";
import { seenLinks } from "./graph";
import { readsOf } from "./inputs";
import { firstView, GRID } from "./layout";
import { AssemblerNode, ContextNode, StepNode } from "./nodes";
import { AddFirstStep } from "./RolePalette";
import { useCanvasHandlers } from "./useCanvasHandlers";
import { useCanvasKeys } from "./useCanvasKeys";
import { useControlledNodes } from "./useControlledNodes";
import { type FlowLink, type FlowNode, toEdge, useLinks, useNodes, usePlaces } from "./useNodes";
import { useReveal } from "./useReveal";
import { useMinimap, useView } from "./view";

const NODE_TYPES = { context: ContextNode, step: StepNode, assembler: AssemblerNode };
type Begun = Pick<ReactFlowInstance<FlowNode, FlowLink>, "setViewport">;
const EDGE_TYPES = { reads: FlowEdge };
/** Steps from which on only what is on screen is drawn; below that the Tab key reaches every node. */
const MANY_STEPS = 40;

/** The pipeline as a picture: the context on top, steps, and the Assembler where everything joins. */
export function Canvas({ pipeline }: { pipeline: Pipeline }) {
  const { keys, chosen, selected } = useDraft(
    useShallow(({ keys, chosen, selected }) => ({ keys, chosen, selected })),
  );
  const places = usePlaces(pipeline, keys);
  const wanted = useNodes(pipeline, keys, places, chosen, selected);
  const { nodes, onNodesChange } = useControlledNodes(wanted);
  const [edge, selectEdge] = useState<string | null>(null);
  const [dragging, setDragging] = useState(false);
  const edges = useEdges(pipeline, keys, dragging ? null : selected, edge);
  const snap = useView((view) => view.snap);
  const minimap = useMinimap(keys.length);
  const wrapper = useRef<HTMLDivElement>(null);
  const onKeyDown = useCanvasKeys({ pipeline, keys, places, edge, selectEdge });
  useReveal(wrapper, places, keys, selected);

  const begin = useCallback(
    ({ setViewport }: Begun) => {
      const { clientWidth = 0, clientHeight = 0 } = wrapper.current ?? {};
      if (clientWidth > 0) void setViewport(firstView(places, clientWidth, clientHeight));
    },
    [places],
  );
  const handlers = useCanvasHandlers({ pipeline, keys, nodes }, { selectEdge, setDragging });
  const words = useMemo(canvasWords, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever turns to a node has turned away from the line.
  useEffect(() => selectEdge(null), [selected]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the nodes inside are what takes the focus; this gathers their keys.
    <div
      ref={wrapper}
      className={classes("canvas", edge && "canvas-line-on")}
      data-testid="canvas"
      onKeyDown={onKeyDown}
    >
      <ReactFlow<FlowNode, FlowLink>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange}
        {...handlers}
        onlyRenderVisibleElements={keys.length > MANY_STEPS}
        elementsSelectable
        disableKeyboardA11y
        deleteKeyCode={null}
        multiSelectionKeyCode={MULTI_KEYS}
        panOnScroll
        zoomOnDoubleClick={false}
        nodeDragThreshold={4}
        snapToGrid={snap}
        snapGrid={SNAP}
        minZoom={0.02}
        maxZoom={1.6}
        onInit={begin}
        proOptions={OPTIONS}
        ariaLabelConfig={words}
        aria-label={m.flow_label()}
      >
        <Background variant={BackgroundVariant.Dots} gap={GRID} size={1} />
        {minimap && (
          <MiniMap<FlowNode>
            className="canvas-minimap"
            pannable
            zoomable
            nodeClassName={miniClass}
            nodeBorderRadius={keys.length > MANY_STEPS ? 0 : 24}
          />
        )}
        <Panel position="bottom-left">
          <CanvasTools />
        </Panel>
        {keys.length === 0 && (
          <Panel position="top-center">
            <AddFirstStep />
          </Panel>
        )}
      </ReactFlow>
      <CanvasCommands />
      <Refit keys={keys} begin={begin} />
    </div>
  );
}

const SNAP: [number, number] = [GRID, GRID];
const MULTI_KEYS = ["Meta", "Control", "Shift"];
const OPTIONS = { hideAttribution: true };
const miniClass = ({ type, data }: FlowNode) => `mini-${type === "step" ? data.step?.model_type : type}`;

/** Most lines that are added for what a node reads without one; beyond that the nodes it reads are marked and nothing more. */
const SEEN_LIMIT = 12;

/** The lines, and while a node is pointed at or selected also those for what it reads without a line. None of those while nodes move. */
function useEdges(
  pipeline: Pipeline,
  keys: string[],
  selected: string | null,
  edge: string | null,
): FlowLink[] {
  const links = useLinks(pipeline, keys);
  const hovered = useView((view) => view.hovered);
  const focus = selected === null ? "" : (hovered ?? selected);
  const seen = useMemo(() => {
    const found = seenLinks(pipeline.steps, keys, focus, links);
    return found.length > SEEN_LIMIT ? [] : found;
  }, [pipeline.steps, keys, focus, links]);
  useEffect(() => {
    if (focus === "") return;
    const position = focus === "assembler" ? pipeline.steps.length : keys.indexOf(focus);
    const read = position < 0 ? [] : readsOf(pipeline.steps, position).map((at) => keys[at] ?? "");
    const old = useView.getState().read;
    if (old.size !== read.length || read.some((key) => !old.has(key)))
      useView.setState({ read: new Set(read) });
  }, [pipeline.steps, keys, focus]);
  const last = useRef(new Map<string, FlowLink>());
  return useMemo(() => {
    const fresh = [...links, ...seen].map((link) => {
      const near = link.source === focus || link.target === focus;
      const next = toEdge(link, pipeline, keys, link.id === edge, near);
      const old = last.current.get(link.id);
      const same =
        old !== undefined &&
        old.className === next.className &&
        old.ariaLabel === next.ariaLabel &&
        old.selected === next.selected;
      return same ? old : { ...next, selectable: false };
    });
    last.current = new Map(fresh.map((one) => [one.id, one]));
    return fresh;
  }, [links, seen, pipeline, keys, edge, focus]);
}

/** Apart from the canvas, since that is drawn anew with each step of a drag. */
function CanvasCommands() {
  useCanvasCommands();
  return null;
}

/** Begins anew when another pipeline takes this one's place. */
function Refit({ keys, begin }: { keys: string[]; begin: (canvas: Begun) => void }) {
  const canvas = useReactFlow();
  const before = useRef(keys);
  useEffect(() => {
    const kept = keys.length === 0 || before.current.some((key) => keys.includes(key));
    const other = !kept && before.current.length > 0;
    before.current = keys;
    if (other) begin(canvas);
  }, [keys, canvas, begin]);
  return null;
}

function canvasWords() {
  return {
    "node.a11yDescription.default": m.canvas_node_keys(),
    "node.a11yDescription.keyboardDisabled": m.canvas_node_keys(),
    "node.a11yDescription.ariaLiveMessage": ({ direction }: { direction: string }) =>
      m.canvas_moved({ direction }),
    "edge.a11yDescription.default": m.canvas_edge_keys(),
    "controls.ariaLabel": m.canvas_tools(),
    "controls.zoomIn.ariaLabel": m.zoom_in(),
    "controls.zoomOut.ariaLabel": m.zoom_out(),
    "controls.fitView.ariaLabel": m.zoom_fit(),
    "controls.interactive.ariaLabel": m.canvas_tools(),
    "minimap.ariaLabel": m.minimap(),
    "handle.ariaLabel": m.canvas_port(),
  };
}
