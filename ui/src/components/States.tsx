// What a screen shows when it has nothing, waits, or failed.
import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { m } from "@/paraglide/messages.js";
import { Button } from "./Button";
import { SaidText } from "./said/SaidText";
import { errorSaid } from "./said/said";

export function EmptyState({
  icon: Icon,
  title,
  text,
  children,
}: {
  icon: LucideIcon;
  title: string;
  text?: string;
  children?: ReactNode;
}) {
  return (
    <div className="empty-state">
      <span className="empty-icon">
        <Icon aria-hidden size={22} />
      </span>
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}

/** What happened, to which thing, and what to do: the title names the thing, the router's detail the cause. */
export function ErrorPanel({
  title,
  error,
  onRetry,
}: {
  title: string;
  error: unknown;
  onRetry?: () => void;
}) {
  return (
    <div className="error-panel" role="alert">
      <CircleAlert aria-hidden size={18} />
      <div>
        <h2>{title}</h2>
        <p>
          <SaidText said={errorSaid(error)} />
        </p>
        {onRetry && (
          <Button small onClick={onRetry}>
            {m.try_again()}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Why something failed, where only a text can stand. */
export const errorText = (error: unknown): string => errorSaid(error).text;

/** Grey bars in the shape of what is to come. */
export function Skeleton({ rows = 4, tall = false }: { rows?: number; tall?: boolean }) {
  return (
    <div className="skeleton" role="status" aria-label={m.loading()}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike and never move.
        <span key={row} className={tall ? "skeleton-bar skeleton-tall" : "skeleton-bar"} />
      ))}
    </div>
  );
}
