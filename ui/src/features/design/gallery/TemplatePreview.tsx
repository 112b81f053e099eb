import { ArrowRight } from "lucide-react";
import type { Pipeline } from "@/api/types";
import { Button } from "@/components/Button";
import { RoleChip } from "@/components/RoleChip";
import { Sheet } from "@/components/Sheet";
import { m } from "@/paraglide/messages.js";
import { MiniDiagram } from "./MiniDiagram";

interface TemplatePreviewProps {
  pipeline: Pipeline;
  onClose: () => void;
  onUse: () => void;
}

/** What a pipeline does before it is opened: its drawing, its context, and every prompt. */
export function TemplatePreview({ pipeline, onClose, onUse }: TemplatePreviewProps) {
  const context = Object.entries(pipeline.global_context ?? {});
  return (
    <Sheet
      open
      onClose={onClose}
      title={pipeline.name}
      text={pipeline.description ?? undefined}
      footer={
        <>
          <Button onClick={onClose}>{m.close()}</Button>
          <Button look="primary" icon={ArrowRight} onClick={onUse} data-testid="use-template">
            {m.gal_use()}
          </Button>
        </>
      }
    >
      <div className="template-preview">
        <div className="template-diagram">
          <MiniDiagram pipeline={pipeline} />
        </div>
        {context.length > 0 && (
          <dl className="template-context">
            {context.map(([key, value]) => (
              <div key={key}>
                <dt>{key}</dt>
                <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
          </dl>
        )}
        <ol className="template-prompts">
          {pipeline.steps.map((step, index) => (
            <li key={step.step_name}>
              <h3>
                {index + 1}. {step.step_name}
              </h3>
              <RoleChip role={step.model_type} />
              <pre>{step.prompt}</pre>
            </li>
          ))}
        </ol>
      </div>
    </Sheet>
  );
}
