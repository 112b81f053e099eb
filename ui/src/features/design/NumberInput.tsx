import { useEffect, useState } from "react";
import { m } from "@/paraglide/messages.js";

interface NumberInputProps {
  /** By which a label names it. */
  id?: string;
  /** Where the hint on it stands. */
  describedBy?: string;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
  min?: number;
  max?: number;
  whole?: boolean;
  placeholder?: string;
  testId?: string;
}

/** A number as typed; what is out of range stays visible and is not passed on. */
export function NumberInput({
  id,
  describedBy,
  value,
  onChange,
  min,
  max,
  whole = false,
  placeholder,
  testId,
}: NumberInputProps) {
  const [text, setText] = useState(value?.toString() ?? "");
  const parsed = text.trim() === "" ? undefined : Number(text.replace(",", "."));
  const bad =
    parsed !== undefined &&
    (Number.isNaN(parsed) ||
      (whole && !Number.isSafeInteger(parsed)) ||
      parsed < (min ?? -Infinity) ||
      parsed > (max ?? Infinity));

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a value from outside replaces what is being typed.
  useEffect(() => {
    if (value !== parsed) setText(value?.toString() ?? "");
  }, [value]);

  function edit(next: string) {
    setText(next);
    const number = next.trim() === "" ? undefined : Number(next.replace(",", "."));
    if (number === undefined) onChange(undefined);
    else if (
      !Number.isNaN(number) &&
      (!whole || Number.isSafeInteger(number)) &&
      number >= (min ?? -Infinity) &&
      number <= (max ?? Infinity)
    )
      onChange(number);
  }
  return (
    <input
      id={id}
      className="input mono"
      inputMode={whole ? "numeric" : "decimal"}
      value={text}
      placeholder={placeholder}
      data-testid={testId}
      aria-describedby={describedBy}
      aria-invalid={bad || undefined}
      title={bad ? m.number_out_of_range() : undefined}
      onChange={(event) => edit(event.target.value)}
    />
  );
}
