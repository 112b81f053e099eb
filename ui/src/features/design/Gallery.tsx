import { ArrowRight, FilePlus2, FolderOpen } from "lucide-react";
import { useRef } from "react";
import { toast } from "sonner";
import { useTemplates } from "@/api/queries";
import type { Template } from "@/api/types";
import { Button } from "@/components/Button";
import { RoleIcon } from "@/components/RoleChip";
import { ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { blankPipeline, parsePipeline, useDraft } from "./draft";
import { openPipeline } from "./openPipeline";

/** Where a pipeline comes from: a template, a file, or nothing. */
export function Gallery() {
  const { choose, pipeline } = useDraft();
  const templates = useTemplates();
  return (
    <div className="screen">
      <header className="top-bar">
        <h1 className="screen-title">{m.gallery_title()}</h1>
        <span className="spacer" />
        <OpenFile />
        <Button
          icon={FilePlus2}
          data-testid="template-blank"
          onClick={() => openPipeline(blankPipeline(m.untitled_pipeline()))}
        >
          {m.gallery_blank()}
        </Button>
        {pipeline && (
          <Button icon={ArrowRight} onClick={() => choose(false)}>
            {m.gallery_back({ name: shorten(pipeline.name) })}
          </Button>
        )}
      </header>
      <div className="scroll">
        <div className="gallery">
          <p className="lead">{m.gallery_lead()}</p>
          {templates.isPending && <Skeleton rows={4} tall />}
          {templates.isError && (
            <ErrorPanel
              title={m.gallery_failed()}
              error={templates.error}
              onRetry={() => templates.refetch()}
            />
          )}
          <div className="gallery-grid">
            {templates.data?.map((template) => (
              <TemplateCard
                key={template.id}
                template={template}
                onOpen={() => openPipeline(fromTemplate(template))}
              />
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}

const shorten = (name: string) => (name.length > 28 ? `${name.slice(0, 27)}…` : name);

function fromTemplate({ id: _id, ...pipeline }: Template) {
  return structuredClone(pipeline);
}

function TemplateCard({ template, onOpen }: { template: Template; onOpen: () => void }) {
  const tokens = template.steps.reduce((sum, step) => sum + (step.parameters?.max_tokens ?? 512), 0);
  return (
    <button type="button" className="template-card" data-testid={`template-${template.id}`} onClick={onOpen}>
      <span className="template-roles">
        {template.steps.map((step) => (
          <RoleIcon key={step.step_name} role={step.model_type} />
        ))}
        <RoleIcon role="Assembler" />
      </span>
      <strong>{template.name}</strong>
      <span className="template-text">{template.description}</span>
      <ol className="template-steps">
        {template.steps.map((step) => (
          <li key={step.step_name}>{step.step_name}</li>
        ))}
      </ol>
      <span className="template-foot">
        {m.steps_count({ count: template.steps.length })} · {m.tokens_up_to({ count: tokens })}
      </span>
    </button>
  );
}

function OpenFile() {
  const input = useRef<HTMLInputElement>(null);

  async function read(file: File | undefined) {
    if (!file) return;
    const pipeline = parsePipeline(await file.text());
    if (pipeline === "json") toast.error(m.open_not_json({ name: file.name }));
    else if (pipeline === "shape") toast.error(m.open_not_pipeline({ name: file.name }));
    else openPipeline(pipeline);
  }
  return (
    <>
      <Button icon={FolderOpen} data-testid="open-pipeline" onClick={() => input.current?.click()}>
        {m.gallery_open()}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label={m.gallery_open()}
        onChange={(event) => {
          void read(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
    </>
  );
}
