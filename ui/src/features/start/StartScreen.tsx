import { CircleCheck, CircleX, Lock, Play } from "lucide-react";
import { toast } from "sonner";
import { useExecute, useModels, useTemplates } from "@/api/queries";
import type { Model, Template } from "@/api/types";
import { Button } from "@/components/Button";
import { formatBytes, modelName } from "@/components/format";
import { Mark } from "@/components/Mark";
import { RoleIcon, SimulatedBadge } from "@/components/RoleChip";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { Tooltip } from "@/components/Tooltip";
import { m } from "@/paraglide/messages.js";

interface StartScreenProps {
  onStarted: (runId: string) => void;
  onDesign: () => void;
}

/** The first screen of a fresh machine: what this is, and one button to a first result. */
export function StartScreen({ onStarted, onDesign }: StartScreenProps) {
  const templates = useTemplates();
  const template = templates.data?.find((one) => one.id === "react-component") ?? templates.data?.[0];
  return (
    <div className="screen start">
      <div className="start-inner">
        <Mark size={44} />
        <h1>{m.start_title()}</h1>
        <p className="start-text">{m.start_text()}</p>
        {templates.isPending && <Skeleton rows={3} tall />}
        {templates.isError && (
          <ErrorPanel
            title={m.gallery_failed()}
            error={templates.error}
            onRetry={() => templates.refetch()}
          />
        )}
        {template && <Example template={template} onStarted={onStarted} onDesign={onDesign} />}
        <p className="start-privacy">
          <Lock aria-hidden size={13} /> {m.privacy_short()}
        </p>
      </div>
    </div>
  );
}

function Example({ template, onStarted, onDesign }: StartScreenProps & { template: Template }) {
  const execute = useExecute();
  const models = useModels();
  const assembler = models.data?.models.find((model) => model.name === "Assembler")?.binding;
  const missing = models.isSuccess && !assembler?.present;

  function run() {
    const { id: _id, ...pipeline } = template;
    execute.mutate(pipeline, {
      onSuccess: (started) => onStarted(started.run_id),
      onError: (error) => toast.error(m.run_refused(), { description: errorText(error) }),
    });
  }
  return (
    <article className="start-card">
      <ol className="start-steps">
        {template.steps.map((step) => (
          <li key={step.step_name}>
            <RoleIcon role={step.model_type} />
            <span>
              <strong>{step.step_name}</strong>
              <small>{step.prompt}</small>
            </span>
          </li>
        ))}
        <li>
          <RoleIcon role="Assembler" />
          <span>
            <strong>Assembler</strong>
            <small>{m.assembler_text({ count: template.steps.length })}</small>
          </span>
        </li>
      </ol>
      <dl className="start-context">
        {Object.entries(template.global_context ?? {}).map(([key, value]) => (
          <div key={key} className="pair">
            <dt>{key}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
      <footer className="start-foot">
        <ModelState models={models.data?.models} />
        <Button onClick={onDesign}>{m.start_other()}</Button>
        <Button
          look="primary"
          icon={Play}
          busy={execute.isPending}
          disabled={missing}
          onClick={run}
          data-testid="run-example"
        >
          {m.start_run()}
        </Button>
      </footer>
    </article>
  );
}

/** Whether the model that the Assembler and mostly every other role runs on is there, and what it is. */
function ModelState({ models }: { models: Model[] | undefined }) {
  if (!models) return <span className="model-state">{m.loading()}</span>;
  const binding = models.find((model) => model.name === "Assembler")?.binding;
  if (!binding?.present) {
    return (
      <span className="model-state diagnostic-error">
        <CircleX aria-hidden size={15} /> {binding?.problem ?? m.start_model_missing()}
      </span>
    );
  }
  return (
    <span className="model-state">
      <CircleCheck aria-hidden size={15} className="status-success" />
      <span className="model-line">
        <span>
          {m.start_model_ready({ model: modelName(binding.id) })}
          {binding.size_bytes ? <small> · {formatBytes(binding.size_bytes)}</small> : null}
        </span>
        <ModelMark models={models} />
      </span>
    </span>
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
