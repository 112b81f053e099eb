import type { LucideIcon } from "lucide-react";
import type { ButtonHTMLAttributes, Ref } from "react";
import { classes } from "./classes";
import { Tooltip } from "./Tooltip";

type Base = ButtonHTMLAttributes<HTMLButtonElement> & {
  "data-testid"?: string;
  "data-control"?: string;
  ref?: Ref<HTMLButtonElement>;
};

interface ButtonProps extends Base {
  look?: "primary" | "default" | "ghost" | "danger" | "destructive";
  icon?: LucideIcon;
  /** Shows a spinner in the icon's place and refuses clicks. */
  busy?: boolean;
  /** A key such as `Ctrl ↵`, shown after the text. */
  keys?: string;
  small?: boolean;
}

export function Button({
  look = "default",
  icon: Icon,
  busy,
  keys,
  small,
  children,
  className,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      className={classes("button", `button-${look}`, small && "button-small", className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? (
        <span className="spinner" aria-hidden />
      ) : Icon ? (
        <Icon aria-hidden size={small ? 14 : 16} />
      ) : null}
      <span>{children}</span>
      {keys && <kbd aria-hidden>{keys}</kbd>}
    </button>
  );
}

interface IconButtonProps extends Base {
  label: string;
  icon: LucideIcon;
  /** A key shown in the tooltip after the label. */
  keys?: string;
}

/** A button that is only a picture: its label is its accessible name and its tooltip. */
export function IconButton({ label, icon: Icon, keys, className, ...rest }: IconButtonProps) {
  const button = (
    <button type="button" aria-label={label} className={classes("icon-button", className)} {...rest}>
      <Icon aria-hidden size={16} />
    </button>
  );
  return <Tooltip text={keys ? `${label} (${keys})` : label}>{button}</Tooltip>;
}
