// What a card tells about its node, the same on the canvas and in the outline.
import { CirclePause, PowerOff, ShieldCheck } from "lucide-react";
import { createContext, type ReactNode, useContext, useState } from "react";
import { useModels } from "@/api/queries";
import type { Binding, Pipeline, Role, Step } from "@/api/types";
import { classes } from "@/components/classes";
import { RoleChip } from "@/components/RoleChip";
import { ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";
import { isEnabled } from "./canvas/inputs";
import { StepName } from "./canvas/NameField";
import { NodeProblems } from "./canvas/NodeProblems";
import { StepStatus } from "./canvas/StepStatus";
import { BudgetBadge } from "./inspector/BudgetBadge";

type Bindings = Partial<Record<Role, Binding | null>>;

const BindingsContext = createContext<Bindings>({});

/** Gives the cards below it the models that play the roles, so that not each of 200 asks for them. */
export function Bound({ children }: { children: ReactNode }) {
  const models = useModels().data?.models;
  const bindings = Object.fromEntries((models ?? []).map((model) => [model.name, model.binding ?? null]));
  return <BindingsContext value={useStable(bindings)}>{children}</BindingsContext>;
}

/** The same object for as long as its content is the same. */
function useStable<T>(value: T): T {
  const text = JSON.stringify(value);
  const [kept, keep] = useState({ text, value });
  if (kept.text !== text) keep({ text, value });
  return kept.text === text ? kept.value : value;
}

interface StepBodyProps {
  step: Step;
  position: number;
  id: string;
}

export function StepBody({ step, position, id }: StepBodyProps) {
  const bound = useContext(BindingsContext)[step.model_type];
  const prompt = step.prompt.trim();
  return (
    <>
      <span className="node-head">
        <span className="card-position">{position + 1}</span>
        <StepName name={step.step_name} position={position} id={id} />
        {!isEnabled(step) && (
          <span className="node-flag">
            <PowerOff aria-hidden size={13} />
            {m.step_off()}
          </span>
        )}
        {step.pause_after && (
          <span className="node-flag" title={m.pauses_after()}>
            <CirclePause role="img" aria-label={m.pauses_after()} size={14} />
          </span>
        )}
        {step.gate && (
          <span className="node-flag" title={m.gate_has()} data-testid={`gate-mark-${position}`}>
            <ShieldCheck role="img" aria-label={m.gate_has()} size={14} />
          </span>
        )}
        <NodeProblems id={id} name={step.step_name} />
      </span>
      <RoleChip role={step.model_type} model={bound} />
      <span className={classes("node-text", prompt === "" && "card-text-missing")}>
        {prompt === "" ? m.prompt_missing() : firstLine(prompt)}
      </span>
      <BudgetBadge position={position} />
      <StepStatus name={step.step_name} />
    </>
  );
}

/** The first line that says something. */
export function firstLine(text: string): string {
  return (
    text
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}

export function AssemblerBody({ pipeline }: { pipeline: Pipeline }) {
  const bound = useContext(BindingsContext).Assembler;
  const { prompt, mode } = pipeline.assembler ?? {};
  const byModel = mode !== "deterministic";
  const count = pipeline.steps.filter(isEnabled).length;
  return (
    <>
      <span className="node-head">
        <strong className="node-name">{m.assembler_title()}</strong>
        <NodeProblems id="assembler" name={m.assembler_title()} />
      </span>
      <RoleChip role="Assembler" model={byModel ? bound : null} />
      <span className="node-text">
        {!byModel ? m.join_card() : prompt ? firstLine(prompt) : m.assembler_text({ count })}
      </span>
      {byModel && <BudgetBadge position={pipeline.steps.length} />}
      <StepStatus name="assembler" />
    </>
  );
}

export function ContextBody({ pipeline }: { pipeline: Pipeline }) {
  const entries = Object.entries(pipeline.global_context ?? {});
  return (
    <>
      <span className="node-head">
        <strong className="node-name">{m.context_title()}</strong>
        <NodeProblems id="context" name={m.context_title()} />
      </span>
      {entries.length === 0 ? (
        <span className="node-text">{m.context_card_empty()}</span>
      ) : (
        <span className="card-pairs">
          {entries.slice(0, 4).map(([key, value]) => (
            <span key={key} className="pair">
              <b>{key}</b>
              <i>{typeof value === "string" ? value : JSON.stringify(value)}</i>
            </span>
          ))}
          {entries.length > 4 && (
            <span className="pair-more">{m.context_more({ count: entries.length - 4 })}</span>
          )}
        </span>
      )}
    </>
  );
}

export const hueOf = (role: Role): string => ROLES[role].hue;
