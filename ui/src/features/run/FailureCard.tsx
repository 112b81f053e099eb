import { CircleX } from "lucide-react";
import type { ReactNode } from "react";
import type { StepView } from "@/api/types";
import { m } from "@/paraglide/messages.js";

/** What to do about a failure, by the router's stable code. */
const REMEDIES: Record<string, () => string> = {
  prompt_too_long: () => m.remedy_prompt_too_long(),
  model_missing: () => m.remedy_model(),
  model_invalid: () => m.remedy_model(),
  load_failed: () => m.remedy_model(),
  out_of_memory: () => m.remedy_memory(),
  worker_crashed: () => m.remedy_worker(),
  worker_silent: () => m.remedy_worker(),
  worker_unavailable: () => m.remedy_worker_unavailable(),
  bad_request: () => m.remedy_bad_request(),
  internal: () => m.remedy_internal(),
  timed_out: () => m.remedy_timeout(),
};

/** What happened, where, and what to do; what the step wrote until then stays readable below. */
export function FailureCard({ step, children }: { step: StepView; children?: ReactNode }) {
  const remedy = REMEDIES[step.error_code ?? ""] ?? (() => m.remedy_other());
  return (
    <div className="failure" role="alert" data-testid="failure-card">
      <CircleX aria-hidden size={18} />
      <div>
        <h2>{m.failure_title({ name: step.step_name })}</h2>
        <p className="failure-cause">{step.error}</p>
        <p>{remedy()}</p>
        {step.error_code && <code>{step.error_code}</code>}
        {children}
      </div>
    </div>
  );
}
