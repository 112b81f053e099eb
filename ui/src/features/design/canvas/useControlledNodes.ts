// Nodes as the canvas moves them about: places are the canvas's own while a node is dragged, and the draft's at all other times.
import { applyNodeChanges, type NodeChange } from "@xyflow/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useDraft } from "../draft";
import type { FlowNode } from "./useNodes";

export function useControlledNodes(wanted: FlowNode[]) {
  const [nodes, setNodes] = useState(wanted);
  const base = useRef(new Map<string, FlowNode>());
  const shown = useRef(nodes);
  shown.current = nodes;

  useEffect(() => {
    // React may carry out the update after this effect has ended, when `base` tells of the next nodes already.
    const given = base.current;
    setNodes((old) => {
      const there = new Map(old.map((node) => [node.id, node]));
      return wanted.map((node) => {
        const before = there.get(node.id);
        if (!before) return node;
        const unchanged =
          given.get(node.id) === node &&
          before.position.x === node.position.x &&
          before.position.y === node.position.y &&
          before.selected === node.selected;
        return unchanged ? before : { ...node, measured: before.measured };
      });
    });
    base.current = new Map(wanted.map((node) => [node.id, node]));
  }, [wanted]);

  const onNodesChange = useCallback((changes: NodeChange<FlowNode>[]) => {
    const kept = changes.filter(({ type }) => type !== "remove");
    if (kept.length === 0) return;
    const next = applyNodeChanges(kept, shown.current);
    shown.current = next;
    setNodes(next);
    const picked = kept.flatMap((change) => (change.type === "select" && change.selected ? [change.id] : []));
    if (kept.some(({ type }) => type === "select")) adopt(next, picked.at(-1));
  }, []);

  return { nodes, onNodesChange };
}

/** Takes the canvas's selection over into the draft; without any, the pipeline's own context is shown. */
function adopt(nodes: FlowNode[], last: string | undefined): void {
  const { select, selectMany, chosen, selected } = useDraft.getState();
  const on = nodes.filter((node) => node.selected);
  const steps = on.filter(({ type }) => type === "step").map(({ id }) => id);
  if (steps.length === 0) {
    const only = on.at(-1)?.id ?? "context";
    if (selected !== only || chosen.length > 0) select(only);
    return;
  }
  if (last && steps.includes(last)) selectMany([...steps.filter((id) => id !== last), last]);
  else selectMany(steps);
  if (last && steps.includes(last)) useDraft.setState({ selected: last });
  else if (!steps.includes(useDraft.getState().selected))
    useDraft.setState({ selected: steps.at(-1) ?? "context" });
}
