// The nodes and lines for the canvas. A node that did not change stays the same object, so that it is not drawn again.
import type { Edge, Node } from "@xyflow/react";
import { useMemo, useRef } from "react";
import type { Pipeline, Step } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { type Link, linksOf } from "./graph";
import { placesOf } from "./history";
import { arranged, heightOf, NODE_WIDTH, type Point } from "./layout";

export type NodeData = { position: number; step: Step | null; pipeline: Pipeline | null };
export type FlowNode = Node<NodeData, "context" | "step" | "assembler">;
export type FlowLink = Edge<{ link: Link; label: string; deletable: boolean }, "reads">;

/** Where the nodes stand, computed anew only when steps, what they read, or their places change. */
export function usePlaces(pipeline: Pipeline, keys: string[]): Record<string, Point> {
  const names = pipeline.steps.map((step) => [step.step_name, step.inputs ?? null]);
  const places = placesOf(pipeline);
  const signature = JSON.stringify([names, keys, places]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for all that the places follow from.
  return useMemo(() => arranged(pipeline, keys), [signature]);
}

/** Every node of the pipeline, selected where `chosen` says so. */
export function useNodes(
  pipeline: Pipeline,
  keys: string[],
  places: Record<string, Point>,
  chosen: string[],
  selected: string,
): FlowNode[] {
  const last = useRef(new Map<string, FlowNode>());
  return useMemo(() => {
    const on = new Set([...chosen, ...(chosen.length === 0 ? [selected] : [])]);
    const fresh = new Map<string, FlowNode>();
    const put = (node: FlowNode) => {
      const old = last.current.get(node.id);
      const same =
        old &&
        old.position.x === node.position.x &&
        old.position.y === node.position.y &&
        old.selected === node.selected &&
        old.ariaLabel === node.ariaLabel &&
        old.data.step === node.data.step &&
        old.data.position === node.data.position &&
        old.data.pipeline === node.data.pipeline;
      fresh.set(node.id, same ? old : node);
    };
    const node = (id: string, type: FlowNode["type"], data: NodeData, ariaLabel: string): FlowNode => ({
      id,
      type,
      data,
      ariaLabel,
      position: places[id] ?? { x: 0, y: 0 },
      width: NODE_WIDTH,
      height: heightOf(id),
      selected: on.has(id),
      deletable: type === "step",
      domAttributes: { "aria-roledescription": m.canvas_node() },
    });
    put(node("context", "context", { position: -1, step: null, pipeline }, m.context_title()));
    for (const [position, step] of pipeline.steps.entries()) {
      const label = m.canvas_step_label({
        position: position + 1,
        name: step.step_name || m.step_unnamed(),
        role: step.model_type,
        state: step.enabled === false ? m.step_off() : m.step_on(),
      });
      put(node(keys[position] ?? "", "step", { position, step, pipeline: null }, label));
    }
    const end = { position: pipeline.steps.length, step: null, pipeline };
    put(node("assembler", "assembler", end, m.assembler_title()));
    last.current = fresh;
    return [...fresh.values()];
  }, [pipeline, keys, places, chosen, selected]);
}

export function useLinks(pipeline: Pipeline, keys: string[]): Link[] {
  const signature = JSON.stringify([
    keys,
    pipeline.steps.map(({ step_name, inputs, enabled }) => [step_name, inputs ?? null, enabled !== false]),
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for all that the lines follow from.
  return useMemo(() => linksOf(pipeline.steps, keys), [signature]);
}

/** A line as the canvas draws it, with its name for those who do not see it. */
export function toEdge(
  link: Link,
  pipeline: Pipeline,
  keys: string[],
  selected: boolean,
  near: boolean,
): FlowLink {
  const name = (id: string) => {
    if (id === "context") return m.context_title();
    if (id === "assembler") return m.assembler_title();
    return pipeline.steps[keys.indexOf(id)]?.step_name || m.step_unnamed();
  };
  const deletable = link.kind === "chain" || link.kind === "input" || link.kind === "seen";
  const label = m.edge_label({ reader: name(link.target), source: name(link.source) });
  return {
    id: link.id,
    type: "reads",
    source: link.source,
    target: link.target,
    selected,
    // Only the lines of the selected node are on the way of the Tab key.
    focusable: near,
    deletable: deletable && link.target !== "assembler",
    ariaLabel: label,
    className: `link link-${link.kind}${near ? " link-near" : ""}`,
    data: { link, label, deletable: deletable && link.target !== "assembler" },
    domAttributes: { "aria-roledescription": m.canvas_edge() },
  };
}
