import { CircleCheck, CircleDashed, CircleX } from "lucide-react";
import type { SyntaxReport } from "@/api/types";
import { m } from "@/paraglide/messages.js";

type Reason = NonNullable<SyntaxReport["reason"]>;

const REASONS: Record<Reason, () => string> = {
  no_grammar: () => m.syntax_why_no_grammar(),
  too_long: () => m.syntax_why_too_long(),
  too_much_work: () => m.syntax_why_too_much_work(),
  transcript: () => m.syntax_why_transcript(),
  failed: () => m.syntax_why_failed(),
};

/** Whether a file parses, small enough for a row of a list; nothing while nobody has looked. */
export function SyntaxMark({ report }: { report: SyntaxReport | null | undefined }) {
  if (!report) return null;
  const { state, grammar, reason } = report;
  if (state === "invalid")
    return (
      <span className="syntax-mark syntax-invalid" data-testid="syntax-mark" data-state={state}>
        <CircleX aria-hidden size={13} />
        {errorCount(report)}
      </span>
    );
  const valid = state === "valid";
  const Icon = valid ? CircleCheck : CircleDashed;
  const hint = valid ? grammar && m.syntax_valid_as({ grammar }) : reason && REASONS[reason]?.();
  return (
    <span
      className={`syntax-mark syntax-${state}`}
      title={hint || undefined}
      data-testid="syntax-mark"
      data-state={state}
    >
      <Icon role="img" aria-label={valid ? m.syntax_valid() : m.syntax_unchecked()} size={13} />
    </span>
  );
}

/** How many errors there are, as far as they were counted. */
export function errorCount({ errors, has_more }: SyntaxReport): string {
  const count = errors.length;
  return has_more ? m.syntax_errors_over({ count }) : m.syntax_errors({ count });
}
