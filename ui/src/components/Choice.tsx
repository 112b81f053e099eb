import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "./classes";

export interface Option<T extends string> {
  value: T;
  label: string;
  /** A second line below the label. */
  hint?: string;
  icon?: ReactNode;
  disabled?: boolean;
}

interface SelectProps<T extends string> {
  label: string;
  value: T;
  options: Option<T>[];
  onChange: (value: T) => void;
  disabled?: boolean;
  className?: string;
  testId?: string;
}

/** A drop-down list of one choice. */
export function Select<T extends string>({
  label,
  value,
  options,
  onChange,
  disabled,
  className,
  testId,
}: SelectProps<T>) {
  const current = options.find((option) => option.value === value);
  return (
    <Base.Root
      value={value}
      onValueChange={(next) => next !== null && onChange(next as T)}
      disabled={disabled}
    >
      <Base.Trigger className={classes("select", className)} aria-label={label} data-testid={testId}>
        {current?.icon}
        <span className="select-value">{current?.label ?? value}</span>
        <Base.Icon>
          <ChevronDown aria-hidden size={14} />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className="popup-positioner" sideOffset={4} alignItemWithTrigger={false}>
          <Base.Popup className="popup">
            <Base.List>
              {options.map((option) => (
                <Base.Item
                  key={option.value}
                  value={option.value}
                  disabled={option.disabled}
                  className="popup-item"
                >
                  {option.icon}
                  <span className="popup-item-text">
                    <Base.ItemText>{option.label}</Base.ItemText>
                    {option.hint && <small>{option.hint}</small>}
                  </span>
                  <Base.ItemIndicator className="popup-check">
                    <Check aria-hidden size={14} />
                  </Base.ItemIndicator>
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; label: string; icon?: ReactNode }[];
  onChange: (value: T) => void;
}

/** A row of buttons of which one is on; a native radio group, so arrows move it. */
export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>) {
  return (
    <fieldset className="segmented" aria-label={label}>
      {options.map((option) => (
        <label key={option.value} className={option.value === value ? "segment segment-on" : "segment"}>
          <input
            type="radio"
            name={label}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.icon}
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
