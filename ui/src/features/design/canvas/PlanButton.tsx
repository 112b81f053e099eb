import { Popover } from "@base-ui/react/popover";
import { Cpu, Gauge, TriangleAlert } from "lucide-react";
import { type FitView, useRunFit } from "@/api/models";
import type { Pipeline } from "@/api/types";
import { formatBytes, formatCount, modelName } from "@/components/format";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { useSettled } from "@/components/useSettled";
import { m } from "@/paraglide/messages.js";
import { type Budget, useBudget } from "../budget";
import { PlanMemory } from "./PlanMemory";

/** Pause in ms after the last edit before the memory is reckoned anew. */
const SETTLED_MS = 600;

/** What a run of the draft will take: tokens in all, models loaded and how often. Opens the plan in full. */
export function PlanButton({ pipeline }: { pipeline: Pipeline }) {
  const budget = useBudget(pipeline);
  const { totals, models, modelLoads } = budget;
  const over = tooLong(budget, pipeline.steps.length);
  const fit = useRunFit(useSettled(pipeline, SETTLED_MS)).data;
  const peak = fit?.run?.peak_bytes;
  const refused = over.length > 0 || fit?.run?.fits === false;
  if (!totals && models.length === 0) return null;
  return (
    <Popover.Root>
      <Popover.Trigger
        className={`plan-button${refused ? " problems-error" : ""}`}
        aria-busy={budget.counting}
        data-testid="plan-button"
      >
        {refused ? <TriangleAlert aria-hidden size={15} /> : <Gauge aria-hidden size={15} />}
        <span className="plan-words">
          {/* Without a model nothing is counted, and the button still says what it opens. */}
          {totals?.prompt == null && !peak && <span>{m.plan()}</span>}
          {totals?.prompt != null && (
            <span>{m.plan_tokens({ count: formatCount(totals.prompt + totals.max) })}</span>
          )}
          {modelLoads !== undefined && (
            <span className="plan-loads">{m.plan_loads({ count: modelLoads })}</span>
          )}
          {peak !== undefined && peak > 0 && (
            <span className="plan-peak" data-testid="plan-peak">
              <span className="sr-only">{m.plan_memory()} </span>
              {formatBytes(peak)}
            </span>
          )}
        </span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="popup-positioner" sideOffset={6} align="end">
          <Popover.Popup className="popup plan-popup" aria-label={m.plan()}>
            <Plan budget={budget} over={over} pipeline={pipeline} fit={fit} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** Positions of the steps whose prompt and output do not fit their model's context window. */
function tooLong(budget: Budget, assembler: number): number[] {
  return Array.from({ length: assembler + 1 }, (_, at) => at).filter((at) => budget.step(at)?.fits === false);
}

interface PlanProps {
  budget: Budget;
  over: number[];
  pipeline: Pipeline;
  fit: FitView | undefined;
}

function Plan({ budget, over, pipeline, fit }: PlanProps) {
  const { totals, models, modelLoads, order } = budget;
  const name = (at: number) => pipeline.steps[at]?.step_name ?? m.assembler_title();
  return (
    <>
      <h2>{m.plan()}</h2>
      <dl className="facts">
        {totals?.prompt != null && (
          <>
            <dt>{m.plan_prompts()}</dt>
            <dd>{m.tokens_count({ count: formatCount(totals.prompt) })}</dd>
          </>
        )}
        {totals && (
          <>
            <dt>{m.plan_outputs()}</dt>
            <dd>{m.tokens_up_to({ count: formatCount(totals.max) })}</dd>
          </>
        )}
        {modelLoads !== undefined && (
          <>
            <dt>{m.plan_models()}</dt>
            <dd>{m.plan_models_loads({ models: models.length, loads: modelLoads })}</dd>
          </>
        )}
      </dl>
      {over.length > 0 && (
        <p className="notice notice-error">
          <TriangleAlert aria-hidden size={15} />
          <span>{m.plan_over({ names: over.map(name).join(", ") })}</span>
        </p>
      )}
      {fit && <PlanMemory fit={fit} />}
      <ul className="plan-models">
        {models.map((model) => (
          <li key={model.id}>
            <Cpu aria-hidden size={14} />
            <span>
              <strong>{modelName(model.id)}</strong>
              <small>
                {[
                  model.role_names.join(", "),
                  model.size_bytes != null && formatBytes(model.size_bytes),
                  model.context_length != null && m.plan_window({ count: formatCount(model.context_length) }),
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </small>
              {model.problem && (
                <small className="field-error">
                  <SaidText said={said(model.problem_phrase, model.problem)} />
                </small>
              )}
            </span>
          </li>
        ))}
      </ul>
      {order.length > 1 && (
        <p className="hint">
          {m.plan_order()} {order.map((one) => (one === "assembler" ? m.assembler_title() : one)).join(" → ")}
        </p>
      )}
    </>
  );
}
