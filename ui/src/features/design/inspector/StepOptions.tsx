import type { Step } from "@/api/types";
import { Switch } from "@/components/Switch";
import { m } from "@/paraglide/messages.js";
import { NumberInput } from "../NumberInput";

/** Seconds that a step may take at most: a day. */
const TIMEOUT_MAX = 86_400;

/** Whether the step runs, how long it may take, and whether the run waits after it. */
export function StepOptions({ step, onChange }: { step: Step; onChange: (patch: Partial<Step>) => void }) {
  return (
    <div className="step-options">
      <div className="option-row">
        <Switch
          label={m.insp_enabled()}
          checked={step.enabled !== false}
          onChange={(on) => onChange({ enabled: on ? undefined : false })}
          testId="step-enabled"
        />
        <span>
          <b>{m.insp_enabled()}</b>
          <small>{m.insp_enabled_hint()}</small>
        </span>
      </div>
      <div className="option-row">
        <Switch
          label={m.insp_pause()}
          checked={step.pause_after === true}
          onChange={(on) => onChange({ pause_after: on || undefined })}
          testId="step-pause"
        />
        <span>
          <b>{m.insp_pause()}</b>
          <small>{m.insp_pause_hint()}</small>
        </span>
      </div>
      <label className="field">
        <span>{m.insp_timeout()}</span>
        <NumberInput
          value={step.timeout_s ?? undefined}
          min={1}
          max={TIMEOUT_MAX}
          whole
          placeholder={m.insp_timeout_none()}
          testId="step-timeout"
          onChange={(timeout_s) => onChange({ timeout_s })}
        />
      </label>
    </div>
  );
}
