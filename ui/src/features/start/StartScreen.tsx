import { Lock, Play } from "lucide-react";
import { useEffect, useRef } from "react";
import { toast } from "sonner";
import { useExecute, useModels, useSaveSettings, useSettings, useTemplates } from "@/api/queries";
import type { Settings, Template } from "@/api/types";
import { Button } from "@/components/Button";
import { Mark } from "@/components/Mark";
import { RoleIcon } from "@/components/RoleChip";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { ModelState } from "./ModelState";

interface StartScreenProps {
  onStarted: (runId: string) => void;
  onDesign: () => void;
  onModels: () => void;
}

/** Remembers that the start was seen, so that the next one opens the design. */
function useStartDone(): () => void {
  const settings: Settings | undefined = useSettings().data;
  const save = useSaveSettings();
  return () => {
    if (!settings || settings.first_start_done) return;
    const done: Settings = { ...settings, first_start_done: true };
    // When it is not kept, the start is shown once more, which does no harm.
    save.mutate(done);
  };
}

/** The first screen of a fresh machine: what this is, and one button to a first result. */
export function StartScreen(props: StartScreenProps) {
  const templates = useTemplates();
  const template = templates.data?.find((one) => one.id === "react-component") ?? templates.data?.[0];
  const done = useStartDone();
  const leave = (to: () => void) => () => {
    done();
    to();
  };
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
        {template && (
          <Example
            template={template}
            onStarted={(runId) => leave(() => props.onStarted(runId))()}
            onDesign={leave(props.onDesign)}
            onModels={props.onModels}
          />
        )}
        <p className="start-privacy">
          <Lock aria-hidden size={13} /> {m.privacy_short()}
        </p>
      </div>
    </div>
  );
}

function Example({ template, onStarted, onDesign, onModels }: StartScreenProps & { template: Template }) {
  const execute = useExecute();
  const models = useModels();
  const button = useRef<HTMLButtonElement>(null);
  const assembler = models.data?.models.find((model) => model.name === "Assembler")?.binding;
  const missing = models.isSuccess && !assembler?.present;
  const ready = assembler?.present === true;

  // The one thing to do here is a key away, unless the user is somewhere already.
  useEffect(() => {
    const { activeElement } = document;
    const free = activeElement === document.body || activeElement?.tagName === "MAIN";
    if (ready && free) button.current?.focus();
  }, [ready]);

  function run() {
    const { id: _id, ...pipeline } = template;
    execute.mutate(pipeline, {
      onSuccess: (started) => onStarted(started.run_id),
      onError: (error) => toast.error(m.run_refused(), { description: errorText(error) }),
    });
  }
  return (
    <article className="start-card" aria-label={template.name}>
      <ModelState models={models} onModels={onModels} />
      <h2 className="start-example">{template.name}</h2>
      <ol className="start-steps">
        {template.steps.map((step) => (
          <li key={step.step_name}>
            <RoleIcon role={step.model_type} />
            <span>
              <strong>{step.step_name}</strong>
              <small title={step.prompt}>{step.prompt}</small>
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
        <Button onClick={onDesign} data-testid="start-other">
          {m.start_other()}
        </Button>
        <span className="spacer" />
        <Button
          ref={button}
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
