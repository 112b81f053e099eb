import { Eye } from "lucide-react";
import type { Template } from "@/api/types";
import { IconButton } from "@/components/Button";
import { m } from "@/paraglide/messages.js";
import { MiniDiagram } from "./MiniDiagram";

interface TemplateCardProps {
  template: Template;
  onOpen: () => void;
  onPreview: () => void;
}

export function TemplateCard({ template, onOpen, onPreview }: TemplateCardProps) {
  const tokens = template.steps.reduce((sum, step) => sum + (step.parameters?.max_tokens ?? 512), 0);
  return (
    <article className="template-card">
      <button
        type="button"
        className="template-main"
        data-testid={`template-${template.id}`}
        onClick={onOpen}
      >
        <span className="template-diagram">
          <MiniDiagram pipeline={template} />
        </span>
        <strong>{template.name}</strong>
        <span className="template-text">{template.description}</span>
        <span className="template-steps">
          {template.steps.map((step) => (
            <span key={step.step_name}>{step.step_name}</span>
          ))}
        </span>
        <span className="template-foot">
          {m.steps_count({ count: template.steps.length })} · {m.tokens_up_to({ count: tokens })}
        </span>
      </button>
      <IconButton
        icon={Eye}
        className="template-look"
        label={m.gal_preview({ name: template.name })}
        data-testid={`preview-${template.id}`}
        onClick={onPreview}
      />
    </article>
  );
}
