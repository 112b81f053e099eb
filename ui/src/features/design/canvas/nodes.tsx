// The three kinds of nodes. Each draws itself anew only when its own step, its own faults or its own part of the run change.
import { Handle, type NodeProps, NodeToolbar, Position } from "@xyflow/react";
import { ArrowDown, ArrowUp, Copy, Power, PowerOff, Trash2 } from "lucide-react";
import { memo } from "react";
import type { Step } from "@/api/types";
import { IconButton } from "@/components/Button";
import { classes } from "@/components/classes";
import { shownKeys } from "@/components/commands";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { AssemblerBody, ContextBody, hueOf, StepBody } from "../StepCard";
import { isEnabled } from "./inputs";
import { useLive } from "./live";
import type { FlowNode } from "./useNodes";
import { useView } from "./view";

function useMarks(id: string) {
  const faulty = useView((view) => (view.problems[id] ?? []).some((one) => one.severity === "error"));
  const read = useView((view) => view.read.has(id));
  return classes(faulty && "node-faulty", read && "node-read");
}

export const StepNode = memo(function StepNode({
  id,
  data: { step, position },
  selected,
}: NodeProps<FlowNode>) {
  const marks = useMarks(id);
  const state = useLive((live) => live.steps[step?.step_name ?? ""]?.state);
  if (!step) return null;
  return (
    <div
      className={classes(
        "node",
        hueOf(step.model_type),
        marks,
        selected && "node-on",
        !isEnabled(step) && "node-off",
      )}
      data-testid={`step-${position}`}
      data-run={state}
    >
      <Handle type="target" position={Position.Top} aria-hidden className="port port-in" />
      <div className="node-body">
        <StepBody step={step} position={position} id={id} />
      </div>
      <Handle type="source" position={Position.Bottom} aria-hidden className="port port-out" />
      <StepTools id={id} step={step} position={position} />
    </div>
  );
});

/** What can be done with the one selected step, beside its node. */
function StepTools({ id, step, position }: { id: string; step: Step; position: number }) {
  const alone = useDraft((draft) => draft.chosen.length === 1 && draft.chosen[0] === id);
  const count = useDraft((draft) => draft.keys.length);
  if (!alone) return null;
  return (
    <NodeToolbar isVisible position={Position.Top} align="end" offset={6} className="node-tools nodrag nopan">
      <StepActions step={step} position={position} count={count} />
    </NodeToolbar>
  );
}

export function StepActions({ step, position, count }: { step: Step; position: number; count: number }) {
  const { moveStep, duplicateStep, removeStep, setEnabled } = useDraft.getState();
  const name = step.step_name || m.step_unnamed();
  const on = isEnabled(step);
  return (
    <>
      <IconButton
        icon={ArrowUp}
        label={m.move_up({ name })}
        keys={shownKeys("alt+arrowup")}
        disabled={position === 0}
        onClick={() => moveStep(position, position - 1)}
      />
      <IconButton
        icon={ArrowDown}
        label={m.move_down({ name })}
        keys={shownKeys("alt+arrowdown")}
        disabled={position === count - 1}
        onClick={() => moveStep(position, position + 1)}
      />
      <IconButton
        icon={on ? PowerOff : Power}
        label={on ? m.switch_off({ name }) : m.switch_on({ name })}
        keys={shownKeys("mod+shift+e")}
        onClick={() => setEnabled(position, !on)}
      />
      <IconButton
        icon={Copy}
        label={m.duplicate({ name })}
        keys={shownKeys("mod+d")}
        onClick={() => duplicateStep(position)}
      />
      <IconButton
        icon={Trash2}
        label={m.delete_step({ name })}
        keys={shownKeys("delete")}
        onClick={() => removeStep(position)}
      />
    </>
  );
}

export const ContextNode = memo(function ContextNode({
  id,
  data: { pipeline },
  selected,
}: NodeProps<FlowNode>) {
  const marks = useMarks(id);
  if (!pipeline) return null;
  return (
    <div
      className={classes("node node-context role-context", marks, selected && "node-on")}
      data-testid="context-card"
    >
      <div className="node-body">
        <ContextBody pipeline={pipeline} />
      </div>
      <Handle
        type="source"
        position={Position.Bottom}
        isConnectable={false}
        aria-hidden
        className="port port-fixed"
      />
    </div>
  );
});

export const AssemblerNode = memo(function AssemblerNode({
  id,
  data: { pipeline },
  selected,
}: NodeProps<FlowNode>) {
  const marks = useMarks(id);
  const state = useLive((live) => live.steps.assembler?.state);
  if (!pipeline) return null;
  return (
    <div
      className={classes("node node-assembler role-assembler", marks, selected && "node-on")}
      data-testid="assembler-card"
      data-run={state}
    >
      <Handle
        type="target"
        position={Position.Top}
        isConnectable={false}
        aria-hidden
        className="port port-join"
      />
      <div className="node-body">
        <AssemblerBody pipeline={pipeline} />
      </div>
    </div>
  );
});
