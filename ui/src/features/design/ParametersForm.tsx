import { ChevronDown, RotateCcw } from "lucide-react";
import { useId, useState } from "react";
import type { Parameters, Role } from "@/api/types";
import { formatDecimal } from "@/components/format";
import { ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";
import { NumberInput } from "./NumberInput";

interface ParametersFormProps {
  value: Parameters;
  recommended: Parameters;
  role: Role;
  /** The step has a gate, whose own number of continuations counts alone. */
  gated?: boolean;
  onChange: (value: Parameters) => void;
}

/** Most tokens that the router takes as a longest output. */
const TOKENS_MAX = 131_072;
/** Largest seed; seeds have 32 bits. */
const SEED_MAX = 4_294_967_295;
/** Most continuations that the router takes. */
const CONTINUATIONS_MAX = 8;
/** The longest output where a step names none. */
const TOKENS_DEFAULT = 512;

/** The step's generation parameters; an empty field means the default. */
export function ParametersForm({ value, recommended, role, gated = false, onChange }: ParametersFormProps) {
  const set = (patch: Partial<Parameters>) => onChange(withoutEmpty({ ...value, ...patch }));
  const temperature = value.temperature ?? 0.7;
  const tokens = value.max_tokens ?? TOKENS_DEFAULT;
  const id = useId();
  const [more, setMore] = useState(
    value.seed !== undefined || value.top_p !== undefined || (value.stop?.length ?? 0) > 0,
  );
  const asRecommended = temperature === recommended.temperature && tokens === recommended.max_tokens;

  return (
    <div className="parameters">
      <div className="parameter-row">
        <div className="field">
          <span>
            <label htmlFor={`${id}-tokens`}>{m.max_tokens()}</label>
            <Recommended
              differs={tokens !== recommended.max_tokens}
              text={String(recommended.max_tokens ?? 512)}
              field={m.max_tokens()}
              onReset={() => set({ max_tokens: recommended.max_tokens })}
            />
          </span>
          <NumberInput
            id={`${id}-tokens`}
            value={value.max_tokens}
            min={1}
            max={TOKENS_MAX}
            whole
            placeholder="512"
            testId="max-tokens"
            onChange={(max_tokens) => set({ max_tokens })}
          />
        </div>
        {!gated && (
          <div className="field">
            <span>
              <label htmlFor={`${id}-continuations`}>{m.gate_continuations()}</label>
            </span>
            <NumberInput
              id={`${id}-continuations`}
              describedBy={`${id}-continued`}
              value={value.continuations}
              min={0}
              max={CONTINUATIONS_MAX}
              whole
              placeholder={m.continuations_auto()}
              testId="continuations"
              onChange={(continuations) => set({ continuations })}
            />
          </div>
        )}
        <div className="field field-wide">
          <span>
            <label htmlFor={`${id}-temperature`}>{m.temperature()}</label>
            <Recommended
              differs={temperature !== recommended.temperature}
              text={formatDecimal(recommended.temperature ?? 0.7)}
              field={m.temperature()}
              onReset={() => set({ temperature: recommended.temperature })}
            />
            <output htmlFor={`${id}-temperature`}>{formatDecimal(temperature)}</output>
          </span>
          <input
            id={`${id}-temperature`}
            type="range"
            min={0}
            max={1}
            step={0.05}
            value={temperature}
            data-testid="temperature"
            onChange={(event) => set({ temperature: Number(event.target.value) })}
          />
          <span className="range-ends" aria-hidden>
            <span>{m.temperature_low()}</span>
            <span>{m.temperature_high()}</span>
          </span>
        </div>
      </div>
      <p className="hint" id={`${id}-continued`} data-testid="continuations-hint">
        {gated ? (
          m.continuations_of_gate()
        ) : (
          <>
            {m.gate_continuations_hint()} {value.continuations === undefined && automatic(tokens, role)}
          </>
        )}
      </p>
      <p className="hint">
        {m.recommended_for_role({
          role,
          tokens: recommended.max_tokens ?? 512,
          temperature: formatDecimal(recommended.temperature ?? 0.7),
        })}{" "}
        {!asRecommended && (
          <button
            type="button"
            className="link"
            onClick={() => set({ temperature: recommended.temperature, max_tokens: recommended.max_tokens })}
          >
            {m.use_recommended()}
          </button>
        )}
      </p>
      <button
        type="button"
        className="disclosure"
        data-testid="more-parameters"
        aria-expanded={more}
        onClick={() => setMore(!more)}
      >
        <ChevronDown aria-hidden size={14} /> {m.more_parameters()}
      </button>
      {more && (
        <div className="parameter-row">
          <label className="field">
            <span>{m.seed()}</span>
            <NumberInput
              value={value.seed}
              min={0}
              whole
              placeholder={m.random()}
              max={SEED_MAX}
              testId="seed"
              onChange={(seed) => set({ seed })}
            />
          </label>
          <label className="field">
            <span>{m.top_p()}</span>
            <NumberInput
              value={value.top_p}
              min={0}
              max={1}
              placeholder="1"
              onChange={(top_p) => set({ top_p })}
            />
          </label>
          <label className="field field-wide">
            <span>{m.stop()}</span>
            <textarea
              className="input mono grow"
              rows={1}
              value={(value.stop ?? []).join("\n")}
              placeholder={m.stop_hint()}
              onChange={(event) =>
                set({ stop: event.target.value === "" ? undefined : event.target.value.split("\n") })
              }
            />
          </label>
        </div>
      )}
    </div>
  );
}

/** What stands where no number of continuations was chosen: a length that somebody chose is kept to. */
function automatic(tokens: number, role: Role): string {
  const usual = role === "Assembler" ? ROLES.Assembler.parameters.max_tokens : TOKENS_DEFAULT;
  return tokens === usual
    ? m.continuations_auto_once({ tokens: String(usual) })
    : m.continuations_auto_never({ tokens: String(usual) });
}

/** Marks a value that is not the recommended one, and takes it back to that. */
function Recommended(props: { differs: boolean; text: string; field: string; onReset: () => void }) {
  if (!props.differs) return null;
  const label = m.param_reset({ field: props.field, value: props.text });
  return (
    <button type="button" className="recommended" aria-label={label} title={label} onClick={props.onReset}>
      <RotateCcw aria-hidden size={12} /> {props.text}
    </button>
  );
}

function withoutEmpty(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}
