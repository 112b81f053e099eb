import type { UseQueryResult } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import type { Model, Models } from "@/api/types";
import { Button } from "@/components/Button";
import { formatBytes, modelName } from "@/components/format";
import { SimulatedBadge } from "@/components/RoleChip";
import { ErrorPanel } from "@/components/States";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { Tooltip } from "@/components/Tooltip";
import { m } from "@/paraglide/messages.js";

interface ModelStateProps {
  models: UseQueryResult<Models>;
  onModels: () => void;
}

/** Whether the model that the Assembler and mostly every other role runs on is there, and what to do when it is not. */
export function ModelState({ models, onModels }: ModelStateProps) {
  if (models.isError)
    return <ErrorPanel title={m.models_failed()} error={models.error} onRetry={() => models.refetch()} />;
  if (!models.data) return <p className="model-state">{m.loading()}</p>;
  const roles = models.data.models;
  const binding = roles.find((model) => model.name === "Assembler")?.binding;
  if (!binding?.present) {
    return (
      <div className="model-state model-missing" role="alert" data-testid="start-model-missing">
        <CircleX aria-hidden size={16} />
        <div>
          <strong>
            {binding?.problem ? (
              <SaidText said={said(binding.problem_phrase, binding.problem)} />
            ) : (
              m.start_model_missing()
            )}
          </strong>
          {!binding?.problem && (
            // A problem that is told says what to do itself.
            <>
              <p>{m.start_model_remedy()}</p>
              <p>
                {m.start_model_developer()} <code>cargo xtask models</code>
              </p>
            </>
          )}
        </div>
        <Button small onClick={onModels} data-testid="start-open-models">
          {m.start_open_models()}
        </Button>
      </div>
    );
  }
  return (
    <p className="model-state" data-testid="start-model">
      <CircleCheck aria-hidden size={15} className="status-success" />
      <span className="model-line">
        <span>
          {m.start_model_ready({ model: modelName(binding.id) })}
          {binding.size_bytes ? <small> · {formatBytes(binding.size_bytes)}</small> : null}
        </span>
        <ModelMark models={roles} />
      </span>
    </p>
  );
}

/** Says when the roles are not played by models made for them. */
function ModelMark({ models }: { models: Model[] }) {
  if (models.some((model) => model.binding?.simulated)) return <SimulatedBadge />;
  const count = models.filter((model) => model.binding?.stand_in).length;
  if (count === 0) return null;
  return (
    <Tooltip text={m.stand_in_all_explained()}>
      <span className="badge badge-warn" data-testid="start-stand-in">
        {count === models.length ? m.stand_in_all() : m.stand_in_some({ count: String(count) })}
      </span>
    </Tooltip>
  );
}
