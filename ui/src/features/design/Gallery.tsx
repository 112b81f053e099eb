import { ArrowRight, FilePlus2, FolderOpen, Search, SearchX } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTemplates } from "@/api/queries";
import type { Template } from "@/api/types";
import { Button } from "@/components/Button";
import { useCommands } from "@/components/commands";
import { ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { startDocuments, useSessionProject } from "./document";
import { chooseAndImport } from "./documents/files";
import { blankPipeline, useDraft } from "./draft";
import { RecentRuns } from "./gallery/RecentRuns";
import { SavedPipelines } from "./gallery/SavedPipelines";
import { TemplateCard } from "./gallery/TemplateCard";
import { TemplatePreview } from "./gallery/TemplatePreview";
import { openPipeline } from "./openPipeline";
import { scrollToTop } from "./scroll";

/** Opens what nobody has changed yet: it is kept from its first edit on. */
const openUnsaved = (pipeline: Parameters<typeof openPipeline>[0]) => openPipeline(pipeline, { keep: false });

function fromTemplate({ id: _id, ...pipeline }: Template) {
  return pipeline;
}

/** Where a pipeline comes from: nothing, a template, a file, a past run, or what was saved before. */
export function Gallery() {
  const [search, setSearch] = useState("");
  useEffect(() => void startDocuments(), []);
  useSessionProject();
  const { choose, pipeline } = useDraft();
  const blank = () => openUnsaved(blankPipeline(m.untitled_pipeline()));
  useCommands([
    { id: "gallery.blank", title: m.gallery_blank(), group: "here", run: blank },
    {
      id: "document.import",
      title: m.doc_import(),
      group: "here",
      keys: "mod+o",
      run: () => void chooseAndImport(),
    },
  ]);
  return (
    <div className="screen">
      <header className="top-bar gallery-bar">
        <h1 className="screen-title">{m.gallery_title()}</h1>
        <GallerySearch value={search} onChange={setSearch} />
        <span className="spacer" />
        <Button icon={FolderOpen} data-testid="open-pipeline" onClick={() => void chooseAndImport()}>
          {m.gallery_open()}
        </Button>
        <Button icon={FilePlus2} data-testid="template-blank" onClick={blank}>
          {m.gallery_blank()}
        </Button>
        {pipeline && (
          <Button icon={ArrowRight} onClick={() => choose(false)} data-testid="gallery-back">
            {m.gallery_back({ name: shorten(pipeline.name) })}
          </Button>
        )}
      </header>
      <div className="scroll">
        <div className="gallery">
          <div className="gallery-lead">
            <p className="lead">{m.gallery_lead()}</p>
            <Ways />
          </div>
          <Part id="templates" title={m.gal_templates()}>
            <Templates search={search} />
          </Part>
          <Part id="saved" title={m.gal_saved()}>
            <SavedPipelines search={search} />
          </Part>
          <Part id="runs" title={m.gal_runs()} hint={m.gal_runs_hint()}>
            <RecentRuns search={search} />
          </Part>
        </div>
      </div>
    </div>
  );
}

const shorten = (name: string) => (name.length > 28 ? `${name.slice(0, 27)}…` : name);

function GallerySearch({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <label className="search gallery-search">
      <Search aria-hidden size={15} />
      <input
        type="search"
        value={value}
        placeholder={m.gal_search()}
        aria-label={m.gal_search()}
        data-testid="gallery-search"
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

const PARTS = [
  { id: "templates", title: () => m.gal_templates() },
  { id: "saved", title: () => m.gal_saved() },
  { id: "runs", title: () => m.gal_runs() },
];

/** Leads to what lies below the templates. */
function Ways() {
  return (
    <nav className="gallery-ways" aria-label={m.gallery_title()}>
      {PARTS.map(({ id, title }) => (
        <button type="button" key={id} onClick={() => scrollToTop(document.getElementById(`gallery-${id}`))}>
          {title()}
        </button>
      ))}
    </nav>
  );
}

interface PartProps {
  id: string;
  title: string;
  hint?: string;
  children: ReactNode;
}

function Part({ id, title, hint, children }: PartProps) {
  return (
    <section className="gallery-part" id={`gallery-${id}`} aria-label={title}>
      <h2>{title}</h2>
      {hint && <p className="hint">{hint}</p>}
      {children}
    </section>
  );
}

/** Whether a template has all words of a search in its name, description, steps or roles. */
export function matches(template: Template, search: string): boolean {
  const steps = template.steps.flatMap((step) => [step.step_name, step.model_type]);
  const text = [template.name, template.description, ...steps].join(" ").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function Templates({ search }: { search: string }) {
  const templates = useTemplates();
  const [shown, setShown] = useState<Template | null>(null);
  if (templates.isPending) return <Skeleton rows={4} tall />;
  if (templates.isError)
    return (
      <ErrorPanel title={m.gallery_failed()} error={templates.error} onRetry={() => templates.refetch()} />
    );
  const found = templates.data.filter((template) => matches(template, search));
  return (
    <>
      {found.length === 0 && (
        <p className="hint hint-row">
          <SearchX aria-hidden size={15} /> {m.gal_no_template()}
        </p>
      )}
      <div className="gallery-grid">
        {found.map((template) => (
          <TemplateCard
            key={template.id}
            template={template}
            onOpen={() => openUnsaved(fromTemplate(template))}
            onPreview={() => setShown(template)}
          />
        ))}
      </div>
      {shown && (
        <TemplatePreview
          pipeline={shown}
          onClose={() => setShown(null)}
          onUse={() => openUnsaved(fromTemplate(shown))}
        />
      )}
    </>
  );
}
