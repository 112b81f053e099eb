import { Braces, Plus } from "lucide-react";
import { Fragment } from "react";
import { useModels } from "@/api/queries";
import type { Diagnostic, Pipeline } from "@/api/types";
import { Button } from "@/components/Button";
import { classes } from "@/components/classes";
import { formatDecimal } from "@/components/format";
import { RoleChip, RoleIcon } from "@/components/RoleChip";
import { ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "./draft";
import { problemsOfAssembler, problemsOfStep } from "./problems";
import { ProblemMark, StepCard } from "./StepCard";

/** The pipeline from its context down to the Assembler, as connected cards. */
export function Flow({ pipeline, diagnostics }: { pipeline: Pipeline; diagnostics: Diagnostic[] }) {
  const { keys, addStep } = useDraft();
  const { steps } = pipeline;
  return (
    <div className="flow-scroll">
      <ol className="flow" aria-label={m.flow_label()}>
        <ContextCard pipeline={pipeline} />
        {steps.map((step, position) => (
          <Fragment key={keys[position]}>
            <Joint onAdd={() => addStep(position)} label={m.add_step_before({ name: step.step_name })} />
            <StepCard
              step={step}
              position={position}
              count={steps.length}
              stepKey={keys[position] ?? ""}
              problems={problemsOfStep(diagnostics, position)}
            />
          </Fragment>
        ))}
        {steps.length > 0 && <Joint onAdd={() => addStep(steps.length)} label={m.add_step_end()} />}
        {steps.length === 0 && (
          <li className="flow-empty">
            <p>{m.flow_empty()}</p>
            <Button icon={Plus} onClick={() => addStep(0)}>
              {m.add_step()}
            </Button>
          </li>
        )}
        <AssemblerCard pipeline={pipeline} problems={problemsOfAssembler(diagnostics)} />
      </ol>
      {steps.length > 0 && (
        <Button
          className="flow-add"
          look="ghost"
          icon={Plus}
          onClick={() => addStep(steps.length)}
          data-testid="add-step"
        >
          {m.add_step()}
        </Button>
      )}
    </div>
  );
}

function Joint({ onAdd, label }: { onAdd: () => void; label: string }) {
  return (
    <li className="joint">
      <button type="button" aria-label={label} title={label} onClick={onAdd}>
        <Plus aria-hidden size={13} />
      </button>
    </li>
  );
}

function ContextCard({ pipeline }: { pipeline: Pipeline }) {
  const { selected, select } = useDraft();
  const entries = Object.entries(pipeline.global_context ?? {});
  return (
    <li className={classes("card", selected === "context" && "card-on")}>
      <span className="role-icon role-context">
        <Braces aria-hidden size={16} />
      </span>
      <button
        type="button"
        className="card-main"
        aria-pressed={selected === "context"}
        data-testid="context-card"
        onClick={() => select("context")}
      >
        <strong>{m.context_title()}</strong>
        {entries.length === 0 ? (
          <span className="card-text">{m.context_card_empty()}</span>
        ) : (
          <span className="card-pairs">
            {entries.map(([key, value]) => (
              <span key={key} className="pair">
                <b>{key}</b>
                <i>{typeof value === "string" ? value : JSON.stringify(value)}</i>
              </span>
            ))}
          </span>
        )}
      </button>
    </li>
  );
}

function AssemblerCard({ pipeline, problems }: { pipeline: Pipeline; problems: Diagnostic[] }) {
  const { selected, select } = useDraft();
  const bound = useModels().data?.models.find((model) => model.name === "Assembler")?.binding;
  const { prompt, parameters = ROLES.Assembler.parameters } = pipeline.assembler ?? {};
  const faulty = problems.some((problem) => problem.severity === "error");
  return (
    <li
      className={classes(
        "card card-assembler",
        selected === "assembler" && "card-on",
        faulty && "card-faulty",
      )}
    >
      <RoleIcon role="Assembler" />
      <button
        type="button"
        className="card-main"
        aria-pressed={selected === "assembler"}
        data-testid="assembler-card"
        onClick={() => select("assembler")}
      >
        <span className="card-head">
          <strong>{m.assembler_title()}</strong>
          <ProblemMark problems={problems} />
        </span>
        <RoleChip role="Assembler" model={bound} />
        <span className="card-text">{prompt ?? m.assembler_text({ count: pipeline.steps.length })}</span>
        <span className="card-facts">
          <span>{m.tokens_up_to({ count: parameters.max_tokens ?? 512 })}</span>
          <span>{m.temperature_of({ value: formatDecimal(parameters.temperature ?? 0.7) })}</span>
        </span>
      </button>
    </li>
  );
}
