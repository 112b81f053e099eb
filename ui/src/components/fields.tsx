// Fields that keep what is typed to themselves until the user has finished: half a number or half a path is never sent.
import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { m } from "@/paraglide/messages.js";

/** What was typed, which a value from outside replaces. */
function useTyped(value: string) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return [text, setText] as const;
}

/** Enter finishes, Escape takes back. */
function finishKeys(onFinish: () => void, onBack: () => void) {
  return (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") onFinish();
    if (event.key === "Escape") onBack();
  };
}

interface NumberFieldProps {
  label: string;
  value: number | null | undefined;
  min: number;
  max: number;
  /** Stands in the empty field; without it the field must not be empty. */
  none?: string;
  unit?: string;
  disabled?: boolean;
  testId: string;
  onChange: (value: number | null) => void;
}

/** A whole number, kept when the field is left or Enter is pressed. */
export function NumberField(props: NumberFieldProps) {
  const { label, value, min, max, none, unit, disabled, testId, onChange } = props;
  const kept = value?.toString() ?? "";
  const [text, setText] = useTyped(kept);
  const errorId = useId();
  const trimmed = text.trim();
  const number = /^\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  const empty = trimmed === "" && none !== undefined;
  const bad = !empty && !(number >= min && number <= max);

  function finish() {
    if (bad || trimmed === kept) return;
    onChange(empty ? null : number);
  }
  return (
    <div className="unit-field">
      <span className="unit-line">
        <input
          className="input mono"
          inputMode="numeric"
          value={text}
          placeholder={none}
          disabled={disabled}
          aria-label={label}
          aria-invalid={bad || undefined}
          aria-describedby={bad ? errorId : undefined}
          data-testid={testId}
          onChange={(event) => setText(event.target.value)}
          onBlur={finish}
          onKeyDown={finishKeys(finish, () => setText(kept))}
        />
        {unit && <span className="unit">{unit}</span>}
      </span>
      {bad && (
        <span className="field-error" id={errorId} role="alert">
          {m.number_between({ min: String(min), max: String(max) })}
        </span>
      )}
    </div>
  );
}

interface PathFieldProps {
  label: string;
  value: string;
  placeholder: string;
  disabled?: boolean;
  testId: string;
  onChange: (value: string) => void;
}

/** A path of the computer that runs Brickwork, kept when the field is left or Enter is pressed. */
export function PathField({ label, value, placeholder, disabled, testId, onChange }: PathFieldProps) {
  const [text, setText] = useTyped(value);
  const finish = () => text.trim() !== value && onChange(text.trim());
  return (
    <input
      className="input mono"
      value={text}
      placeholder={placeholder}
      disabled={disabled}
      aria-label={label}
      spellCheck={false}
      data-testid={testId}
      onChange={(event) => setText(event.target.value)}
      onBlur={finish}
      onKeyDown={finishKeys(finish, () => setText(value))}
    />
  );
}
