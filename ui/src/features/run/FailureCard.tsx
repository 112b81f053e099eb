import { CircleX, PencilRuler } from "lucide-react";
import type { ReactNode } from "react";
import type { StepView } from "@/api/types";
import { Button } from "@/components/Button";
import { SaidText } from "@/components/said/SaidText";
import { stepFault } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { modelsLink, open } from "./links";

/** Where a failure can be put right. */
type Place = "pipeline" | "models" | "again";

interface Remedy {
  text: () => string;
  places: Place[];
}

const MODEL: Remedy = { text: () => m.remedy_model(), places: ["models", "again"] };
const WORKER: Remedy = { text: () => m.remedy_worker(), places: ["again", "models"] };

/** What to do about a failure, by the router's stable code. */
const REMEDIES: Record<NonNullable<StepView["error_code"]>, Remedy> = {
  prompt_too_long: { text: () => m.remedy_prompt_too_long(), places: ["pipeline", "models"] },
  model_missing: MODEL,
  model_invalid: MODEL,
  load_failed: MODEL,
  out_of_memory: { text: () => m.remedy_memory(), places: ["models", "again"] },
  worker_crashed: WORKER,
  worker_silent: WORKER,
  worker_unavailable: { text: () => m.remedy_worker_unavailable(), places: ["again"] },
  bad_request: { text: () => m.remedy_bad_request(), places: ["pipeline", "models"] },
  internal: { text: () => m.remedy_internal(), places: ["again"] },
  remote_unreachable: { text: () => m.remedy_remote_unreachable(), places: ["again", "models"] },
  remote_refused: { text: () => m.remedy_remote_refused(), places: ["models", "again"] },
  remote_failed: { text: () => m.remedy_remote_failed(), places: ["again", "models"] },
  gate_failed: { text: () => m.remedy_gate_failed(), places: ["pipeline", "again"] },
  timed_out: { text: () => m.remedy_timeout(), places: ["pipeline", "again"] },
};
const OTHER: Remedy = { text: () => m.remedy_other(), places: ["pipeline", "again"] };

interface FailureCardProps {
  step: StepView;
  /** Opens the pipeline for editing. */
  onEdit?: () => void;
  /** The button that runs the step again. */
  children?: ReactNode;
}

/** What happened, where, and what to do, with the buttons that do it; what the step wrote until then stays readable below. */
export function FailureCard({ step, onEdit, children }: FailureCardProps) {
  const { text, places } = (step.error_code && REMEDIES[step.error_code]) ?? OTHER;
  return (
    <div className="failure" role="alert" data-testid="failure-card">
      <CircleX aria-hidden size={18} />
      <div>
        <h2>{m.failure_title({ name: step.step_name })}</h2>
        <p className="failure-cause">
          <SaidText said={stepFault(step)} />
        </p>
        <p>{text()}</p>
        {step.error_code && <code>{step.error_code}</code>}
        <div className="failure-actions">
          {places.map((place) => {
            if (place === "again") return <span key={place}>{children}</span>;
            if (place === "models")
              return (
                <Button key={place} small onClick={() => open(modelsLink)} data-testid="failure-models">
                  {m.open_models()}
                </Button>
              );
            return (
              onEdit && (
                <Button key={place} small icon={PencilRuler} onClick={onEdit} data-testid="failure-edit">
                  {m.run_edit()}
                </Button>
              )
            );
          })}
          {!places.includes("again") && children}
        </div>
      </div>
    </div>
  );
}
