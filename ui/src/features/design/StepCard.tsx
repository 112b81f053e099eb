import { ArrowDown, ArrowUp, CircleX, Copy, Trash2, TriangleAlert } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { toast } from "sonner";
import { useModels } from "@/api/queries";
import type { Diagnostic, Step } from "@/api/types";
import { IconButton } from "@/components/Button";
import { classes } from "@/components/classes";
import { formatDecimal } from "@/components/format";
import { RoleChip, RoleIcon } from "@/components/RoleChip";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "./draft";

interface StepCardProps {
  step: Step;
  position: number;
  /** How many steps the pipeline has. */
  count: number;
  stepKey: string;
  problems: Diagnostic[];
}

export function StepCard({ step, position, count, stepKey, problems }: StepCardProps) {
  const { selected, select } = useDraft();
  const bound = useModels().data?.models.find((model) => model.name === step.model_type)?.binding;
  const on = selected === stepKey;
  const card = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (on) card.current?.scrollIntoView?.({ block: "nearest" });
  }, [on]);

  return (
    <li
      ref={card}
      className={classes(
        "card",
        on && "card-on",
        problems.some((p) => p.severity === "error") && "card-faulty",
      )}
    >
      <RoleIcon role={step.model_type} />
      <button
        type="button"
        className="card-main"
        aria-pressed={on}
        data-testid={`step-${position}`}
        onClick={() => select(stepKey)}
        onKeyDown={useStepKeys(step, position, stepKey)}
      >
        <span className="card-head">
          <span className="card-position">{position + 1}</span>
          <strong>{step.step_name || m.step_unnamed()}</strong>
          <ProblemMark problems={problems} />
        </span>
        <RoleChip role={step.model_type} model={bound} />
        <span className={classes("card-text", !step.prompt && "card-text-missing")}>
          {step.prompt.trim() || m.prompt_missing()}
        </span>
        <span className="card-facts">
          <span>{m.tokens_up_to({ count: step.parameters?.max_tokens ?? 512 })}</span>
          <span>{m.temperature_of({ value: formatDecimal(step.parameters?.temperature ?? 0.7) })}</span>
          {Object.keys(step.context ?? {}).length > 0 && (
            <span>{m.own_context({ count: Object.keys(step.context ?? {}).length })}</span>
          )}
        </span>
      </button>
      <StepActions step={step} position={position} count={count} stepKey={stepKey} />
    </li>
  );
}

export function ProblemMark({ problems }: { problems: Diagnostic[] }) {
  if (problems.length === 0) return null;
  const error = problems.some((problem) => problem.severity === "error");
  const Icon = error ? CircleX : TriangleAlert;
  return (
    <span className={error ? "problem-mark diagnostic-error" : "problem-mark diagnostic-warning"}>
      <Icon aria-hidden size={14} />
      {m.problems_count({ count: problems.length })}
    </span>
  );
}

function useRemove(step: Step, position: number, stepKey: string) {
  const { removeStep, restoreStep } = useDraft();
  return () => {
    removeStep(position);
    toast(m.step_deleted({ name: step.step_name }), {
      action: { label: m.undo(), onClick: () => restoreStep(position, step, stepKey) },
    });
  };
}

/** Delete removes the step; Alt with an arrow moves it. */
function useStepKeys(step: Step, position: number, stepKey: string) {
  const moveStep = useDraft((draft) => draft.moveStep);
  const remove = useRemove(step, position, stepKey);
  return (event: KeyboardEvent) => {
    if (event.key === "Delete") remove();
    else if (event.altKey && event.key === "ArrowUp") moveStep(position, position - 1);
    else if (event.altKey && event.key === "ArrowDown") moveStep(position, position + 1);
    else return;
    event.preventDefault();
  };
}

function StepActions({ step, position, count, stepKey }: Omit<StepCardProps, "problems">) {
  const { moveStep, duplicateStep } = useDraft();
  const remove = useRemove(step, position, stepKey);
  const name = step.step_name;
  return (
    <span className="card-actions">
      <IconButton
        icon={ArrowUp}
        label={m.move_up({ name })}
        keys="Alt ↑"
        disabled={position === 0}
        onClick={() => moveStep(position, position - 1)}
      />
      <IconButton
        icon={ArrowDown}
        label={m.move_down({ name })}
        keys="Alt ↓"
        disabled={position === count - 1}
        onClick={() => moveStep(position, position + 1)}
      />
      <IconButton icon={Copy} label={m.duplicate({ name })} onClick={() => duplicateStep(position)} />
      <IconButton icon={Trash2} label={m.delete_step({ name })} keys="Del" onClick={remove} />
    </span>
  );
}
