import { GitMerge } from "lucide-react";
import type { Pipeline, Step } from "@/api/types";
import { Segmented } from "@/components/Choice";
import { RoleIcon } from "@/components/RoleChip";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { readSteps } from "../variables";
import { Section } from "./Section";

interface InputsSectionProps {
  pipeline: Pipeline;
  step: Step;
  position: number;
}

/** Which earlier steps the step reads. */
export function InputsSection({ pipeline, step, position }: InputsSectionProps) {
  const setInputs = useDraft((draft) => draft.setInputs);
  const earlier = pipeline.steps.slice(0, position);
  const read = readSteps(pipeline.steps, position);
  const chosen = step.inputs !== undefined;
  return (
    <Section
      name="inputs"
      title={m.insp_inputs()}
      icon={GitMerge}
      note={earlier.length > 0 ? m.insp_reads_count({ count: read.length, of: earlier.length }) : undefined}
    >
      {earlier.length === 0 ? (
        <p className="hint">{m.insp_reads_first()}</p>
      ) : (
        <>
          <Segmented
            label={m.insp_reads_label({ name: step.step_name })}
            value={chosen ? "chosen" : "all"}
            onChange={(value) =>
              setInputs(position, value === "all" ? null : read.flatMap((at) => earlier[at]?.step_name ?? []))
            }
            options={[
              { value: "all", label: m.insp_reads_all() },
              { value: "chosen", label: m.insp_reads_chosen() },
            ]}
          />
          {chosen ? <Chosen earlier={earlier} step={step} position={position} /> : null}
          <p className="hint">{chosen ? m.insp_reads_chosen_hint() : m.insp_reads_all_hint()}</p>
        </>
      )}
    </Section>
  );
}

function Chosen({ earlier, step, position }: { earlier: Step[]; step: Step; position: number }) {
  const setInputs = useDraft((draft) => draft.setInputs);
  const inputs = step.inputs ?? [];
  const toggle = (name: string, on: boolean) =>
    setInputs(
      position,
      earlier.map((one) => one.step_name).filter((one) => (one === name ? on : inputs.includes(one))),
    );
  return (
    <ul className="input-list">
      {earlier.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a name may be typed twice for a moment, a place is there once.
        <li key={at}>
          <label className="check-row">
            <input
              type="checkbox"
              checked={inputs.includes(one.step_name)}
              data-testid={`reads-${at}`}
              onChange={(event) => toggle(one.step_name, event.target.checked)}
            />
            <RoleIcon role={one.model_type} size={13} />
            <span className="check-name">
              {at + 1}. {one.step_name || m.step_unnamed()}
            </span>
            {one.enabled === false && <span className="badge">{m.insp_off()}</span>}
          </label>
        </li>
      ))}
    </ul>
  );
}
