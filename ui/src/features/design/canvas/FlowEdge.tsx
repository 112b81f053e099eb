import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { X } from "lucide-react";
import { memo, useState } from "react";
import { formatCount } from "@/components/format";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { useLive } from "./live";
import type { FlowLink } from "./useNodes";

/** A line from a step to one that reads it. Pointing at it or selecting it tells what flows. */
export const FlowEdge = memo(function FlowEdge(props: EdgeProps<FlowLink>) {
  const [hovered, setHovered] = useState(false);
  const { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, selected, data } = props;
  const [path, labelX, labelY] = getBezierPath({
    sourceX,
    sourceY,
    sourcePosition,
    targetX,
    targetY,
    targetPosition,
  });
  if (!data) return null;
  return (
    <>
      <g onPointerEnter={() => setHovered(true)} onPointerLeave={() => setHovered(false)}>
        <BaseEdge id={props.id} path={path} interactionWidth={18} />
      </g>
      {(hovered || selected) && (
        <EdgeLabelRenderer>
          <div
            className="edge-label nodrag nopan"
            style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)` }}
          >
            <EdgeText data={data} />
            {selected && data.deletable && <RemoveLink data={data} />}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

/** What flows along the line: how long it was in the latest run, or may become. */
function EdgeText({ data: { link, label } }: { data: NonNullable<FlowLink["data"]> }) {
  const source = useDraft((draft) => draft.pipeline?.steps[draft.keys.indexOf(link.source)]);
  const made = useLive((live) => live.steps[source?.step_name ?? ""]?.tokens);
  const amount = () => {
    if (link.kind === "off") return m.edge_off();
    if (!source) return m.edge_context();
    if (made !== undefined) return m.edge_made({ count: formatCount(made) });
    return m.edge_up_to({ count: formatCount(source.parameters?.max_tokens ?? 512) });
  };
  return (
    <span>
      <strong>{label}</strong>
      <small>{amount()}</small>
    </span>
  );
}

function RemoveLink({ data: { link, label } }: { data: NonNullable<FlowLink["data"]> }) {
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={m.edge_remove({ edge: label })}
      title={m.edge_remove({ edge: label })}
      onClick={() => {
        const { keys, disconnect } = useDraft.getState();
        disconnect(keys.indexOf(link.source), keys.indexOf(link.target));
      }}
    >
      <X aria-hidden size={14} />
    </button>
  );
}
