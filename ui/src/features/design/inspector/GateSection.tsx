import { ShieldCheck } from "lucide-react";
import { type ReactNode, useEffect, useId, useState } from "react";
import { useSettings } from "@/api/queries";
import type { Context, Diagnostic, Gate, Step } from "@/api/types";
import { isAllowed, joinWords, splitWords } from "@/components/commandWords";
import { ContextJson } from "@/components/editors";
import { Switch } from "@/components/Switch";
import { m } from "@/paraglide/messages.js";
import { NumberInput } from "../NumberInput";
import { DiagnosticText } from "../ProblemsButton";
import { Section } from "./Section";

/** What the API allows. */
const REPAIRS_MAX = 5;
const CONTINUATIONS_MAX = 8;
const COMMAND_MAX_S = 600;

/** What a gate is when it is switched on, as the router writes it. */
const NEW_GATE: Gate = { repairs: 1, continuations: 1 };
/** What a schema is when it is switched on. */
const NEW_SCHEMA = { type: "object" };

interface GateSectionProps {
  step: Step;
  diagnostics: Diagnostic[];
  onChange: (gate: Gate | undefined) => void;
}

/** What the step's files must pass, and what is done when they do not. */
export function GateSection({ step, diagnostics, onChange }: GateSectionProps) {
  const { gate } = step;
  const problems = diagnostics.filter(({ path }) => /\.steps\[\d+\]\.gate\b/.test(path));
  return (
    <Section
      name="gate"
      title={m.gate()}
      icon={ShieldCheck}
      note={gate && m.gate_on()}
      alert={problems.length > 0}
    >
      <Option
        label={m.gate_check()}
        hint={m.gate_check_hint()}
        checked={gate !== undefined}
        onChange={(on) => onChange(on ? NEW_GATE : undefined)}
        testId="gate-on"
      />
      {gate && <GateForm gate={gate} problems={problems} onChange={onChange} />}
    </Section>
  );
}

interface GateFormProps {
  gate: Gate;
  problems: Diagnostic[];
  onChange: (gate: Gate) => void;
}

function GateForm({ gate, problems, onChange }: GateFormProps) {
  const set = (patch: Gate) => onChange(withoutEmpty({ ...gate, ...patch }));
  /** The faults of one field; what is said of the gate as a whole stands at the end. */
  const faults = (field?: string) =>
    problems
      .filter(({ path }) => (field === undefined ? path.endsWith(".gate") : path.includes(`.gate.${field}`)))
      .map((one) => <DiagnosticText key={`${one.code} ${one.path}`} diagnostic={one} />);
  const id = useId();
  return (
    <div className="gate-form">
      <Option
        label={m.gate_syntax()}
        hint={m.gate_syntax_hint()}
        checked={gate.syntax !== false}
        onChange={(on) => set({ syntax: on ? undefined : false })}
        testId="gate-syntax"
      />
      <Option
        label={m.gate_schema()}
        hint={m.gate_schema_hint()}
        checked={gate.json_schema !== undefined}
        onChange={(on) => set({ json_schema: on ? NEW_SCHEMA : undefined })}
        testId="gate-schema"
      />
      {gate.json_schema && (
        <div data-testid="gate-schema-text">
          <ContextJson
            value={gate.json_schema as Context}
            onChange={(json_schema) => set({ json_schema })}
            label={m.gate_schema_text()}
            notObject={m.gate_schema_not_object()}
          />
        </div>
      )}
      {faults("json_schema")}
      <CommandField
        command={gate.command}
        onChange={(command) =>
          set({ command, timeout_s: command === undefined ? undefined : gate.timeout_s })
        }
      />
      {faults("command")}
      <div className="parameter-row">
        <NumberOption
          id={`${id}-repairs`}
          label={m.gate_repairs()}
          hint={m.gate_repairs_hint()}
          value={gate.repairs}
          max={REPAIRS_MAX}
          testId="gate-repairs"
          onChange={(repairs) => set({ repairs })}
        />
        <NumberOption
          id={`${id}-continuations`}
          label={m.gate_continuations()}
          hint={m.gate_continuations_hint()}
          value={gate.continuations}
          max={CONTINUATIONS_MAX}
          testId="gate-continuations"
          onChange={(continuations) => set({ continuations })}
        />
        {gate.command && (
          <div className="field">
            <span>
              <label htmlFor={`${id}-timeout`}>{m.gate_timeout()}</label>
            </span>
            <NumberInput
              id={`${id}-timeout`}
              value={gate.timeout_s}
              min={1}
              max={COMMAND_MAX_S}
              whole
              placeholder="60"
              testId="gate-timeout"
              onChange={(timeout_s) => set({ timeout_s })}
            />
          </div>
        )}
      </div>
      {faults("repairs")}
      {faults("continuations")}
      {faults("timeout_s")}
      <Option
        label={m.gate_required()}
        hint={m.gate_required_hint()}
        checked={gate.required === true}
        onChange={(on) => set({ required: on || undefined })}
        testId="gate-required"
      />
      {faults()}
    </div>
  );
}

interface OptionProps {
  label: string;
  hint: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  testId: string;
}

function Option({ label, hint, ...control }: OptionProps) {
  return (
    <div className="option-row">
      <Switch label={label} {...control} />
      <span>
        <b>{label}</b>
        <small>{hint}</small>
      </span>
    </div>
  );
}

interface NumberOptionProps {
  id: string;
  label: string;
  hint: string;
  value: number | undefined;
  max: number;
  testId: string;
  onChange: (value: number | undefined) => void;
}

/** How often something is tried; once where nothing is said. */
function NumberOption({ id, label, hint, ...control }: NumberOptionProps) {
  return (
    <div className="field">
      <span>
        <label htmlFor={id}>{label}</label>
      </span>
      <NumberInput id={id} min={0} whole placeholder="1" {...control} />
      <small className="hint">{hint}</small>
    </div>
  );
}

interface CommandFieldProps {
  command: string[] | undefined;
  onChange: (command: string[] | undefined) => void;
}

/** The command as one line. While a quote is open the line stays here and the step keeps what it has. */
function CommandField({ command, onChange }: CommandFieldProps) {
  const [text, setText] = useState(() => joinWords(command ?? []));
  const id = useId();
  const words = splitWords(text);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a command from outside replaces what is being typed.
  useEffect(() => {
    if (JSON.stringify(words) !== JSON.stringify(command ?? [])) setText(joinWords(command ?? []));
  }, [command]);

  function edit(line: string) {
    setText(line);
    const next = splitWords(line);
    if (next) onChange(next.length > 0 ? next : undefined);
  }
  return (
    <div className="field">
      <span>
        <label htmlFor={id}>{m.gate_command()}</label>
      </span>
      <input
        id={id}
        className="input mono"
        value={text}
        placeholder="npx tsc --noEmit"
        spellCheck={false}
        aria-invalid={words === undefined || undefined}
        aria-describedby={`${id}-state ${id}-hint`}
        data-testid="gate-command"
        onChange={(event) => edit(event.target.value)}
      />
      <span id={`${id}-state`} role="status" data-testid="gate-command-state">
        {words === undefined ? (
          <span className="field-error">{m.gate_command_quote()}</span>
        ) : (
          command && <Allowed command={command} />
        )}
      </span>
      <small className="hint" id={`${id}-hint`}>
        {m.gate_command_hint()}
      </small>
    </div>
  );
}

/** Whether the settings let the command run, with the way there. */
function Allowed({ command }: { command: string[] }): ReactNode {
  const lines = useSettings().data?.gate_commands;
  if (!lines) return null;
  const allowed = isAllowed(command, lines);
  return (
    <span className={allowed ? "hint" : "field-error"}>
      {allowed ? m.gate_command_allowed() : m.gate_command_forbidden()}{" "}
      <a className="link" href="#/settings/gates">
        {m.gate_command_settings()}
      </a>
    </span>
  );
}

/** What is left out says the same as its default. */
const withoutEmpty = (gate: Gate): Gate =>
  Object.fromEntries(Object.entries(gate).filter(([, value]) => value !== undefined));
