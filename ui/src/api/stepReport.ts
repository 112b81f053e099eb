// What is known of a step's answer beside its artifacts, as events tell it piece by piece: by the rules by which the router joins the
// same pieces in its record.
import type { Attempt, Conflict, StepReport } from "./types";

/** What is known of a step that begins. */
export function began(conflicts: Conflict[] = []): StepReport {
  return { extractor_version: 0, source: "blocks", ...(conflicts.length > 0 && { conflicts }) };
}

/** The report with one more attempt at the step's gate. */
export function attempted(before: StepReport = began(), attempt: Attempt): StepReport {
  return { ...before, attempts: [...(before.attempts ?? []), attempt] };
}

/** The report of an output. Attempts and conflicts were told before, and are not told again. */
export function reported(before: StepReport = began(), told: StepReport = began()): StepReport {
  const kept = told.kept ?? before.kept;
  const continuations = Math.max(told.continuations ?? 0, before.continuations ?? 0);
  const attempts = told.attempts?.length ? told.attempts : before.attempts;
  const conflicts = told.conflicts?.length ? told.conflicts : before.conflicts;
  return {
    ...told,
    ...(attempts && { attempts }),
    ...(conflicts && { conflicts }),
    ...(kept != null && { kept }),
    ...(continuations > 0 && { continuations }),
  };
}

/** Whether the attempt that was kept passed the gate; null where there was none. */
export function gatePassed({ attempts, kept }: StepReport): boolean | null {
  const attempt = kept == null ? undefined : attempts?.[kept];
  return attempt ? attempt.findings.length === 0 : null;
}
