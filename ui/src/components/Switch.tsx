import { Switch as Base } from "@base-ui/react/switch";

interface SwitchProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  testId?: string;
}

/** Something that is on or off, and changes at once. */
export function Switch({ label, checked, onChange, disabled, testId }: SwitchProps) {
  return (
    <Base.Root
      className="switch"
      aria-label={label}
      checked={checked}
      disabled={disabled}
      onCheckedChange={onChange}
      data-testid={testId}
    >
      <Base.Thumb className="switch-thumb" />
    </Base.Root>
  );
}
