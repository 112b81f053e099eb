import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ScanText } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { ApiError } from "@/api/client";
import { design, type StepPreview } from "@/api/design";
import type { Pipeline } from "@/api/types";
import { Segmented } from "@/components/Choice";
import { CopyButton } from "@/components/CopyButton";
import { useCurrentProject } from "@/components/currentProject";
import { formatCount } from "@/components/format";
import { errorText, Skeleton } from "@/components/States";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { PAUSE_MS, SHARE_OF } from "../budget";
import { useDocument } from "../document";
import { PromptText } from "./PromptText";
import { copyText, messagePieces, textPieces } from "./promptPieces";
import { Section } from "./Section";
import { useSections } from "./sections";

interface PreviewSectionProps {
  pipeline: Pipeline;
  /** The step's name, or `assembler`. */
  name: string;
  /** The prompt as it is written, by which the instruction is found in the whole. */
  prompt: string;
}

/** Exactly what the model will get, as far as it is known before the run. */
export function PreviewSection(props: PreviewSectionProps) {
  const open = useSections((state) => state.open.preview);
  return (
    <Section name="preview" title={m.preview_title()} icon={ScanText}>
      {open && <Preview {...props} />}
    </Section>
  );
}

/** The step's exact prompt, asked for when the draft has rested. An answer to an older question never takes a newer one's place. */
function usePromptPreview(pipeline: Pipeline, name: string) {
  const [settled, setSettled] = useState({ pipeline, name });
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ pipeline, name }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [pipeline, name]);
  const { projectId } = useCurrentProject();
  const { runId } = useDocument();
  const query = useQuery({
    queryKey: ["preview", projectId, runId, settled.name, settled.pipeline],
    queryFn: ({ signal }) =>
      design.preview(
        projectId,
        { pipeline: settled.pipeline, step: settled.name, ...(runId !== undefined && { run_id: runId }) },
        signal,
      ),
    placeholderData: keepPreviousData,
    gcTime: 10_000,
    retry: false,
  });
  return { ...query, waiting: query.isFetching || settled.pipeline !== pipeline };
}

function Preview({ pipeline, name, prompt }: PreviewSectionProps) {
  const { data, error, isPending, waiting, refetch } = usePromptPreview(pipeline, name);
  const view = data?.steps.find((step) =>
    name === "assembler" ? step.model_type === "Assembler" : step.step_name === name,
  );
  if (error) return <PreviewFault error={error} onRetry={() => refetch()} />;
  if (isPending) return <Skeleton rows={5} />;
  if (!view) return <p className="hint">{m.preview_off()}</p>;
  if (!view.messages?.length)
    return (
      <p className="hint">
        {view.problem ? (
          <SaidText said={said(view.problem.phrase, view.problem.message)} />
        ) : (
          m.preview_none()
        )}
      </p>
    );
  return <Shown view={view} prompt={prompt} waiting={waiting} />;
}

function PreviewFault({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const diagnostics = error instanceof ApiError ? (error.problem.diagnostics ?? []) : [];
  return (
    <div className="preview-fault" role="status" data-testid="preview-fault">
      <p>{diagnostics.length > 0 ? m.preview_invalid() : errorText(error)}</p>
      <ul>
        {diagnostics.slice(0, 5).map((one) => (
          <li key={`${one.code} ${one.path}`}>
            <SaidText said={said(one.phrase, `${one.message} ${one.remedy}`)} />
          </li>
        ))}
      </ul>
      {diagnostics.length === 0 && (
        <button type="button" className="link" onClick={onRetry}>
          {m.try_again()}
        </button>
      )}
    </div>
  );
}

type Form = "messages" | "text";

function Shown({ view, prompt, waiting }: { view: StepPreview; prompt: string; waiting: boolean }) {
  const [form, setForm] = useState<Form>("messages");
  const messages = useMemo(() => messagePieces(view.messages ?? [], prompt), [view.messages, prompt]);
  const text = useMemo(() => (view.text ? textPieces(view.text, messages) : null), [view.text, messages]);
  return (
    <div className="preview" aria-busy={waiting} data-testid="prompt-preview">
      <div className="preview-bar">
        <Segmented<Form>
          label={m.preview_as()}
          value={text ? form : "messages"}
          onChange={setForm}
          options={[
            { value: "messages", label: m.preview_messages() },
            ...(text ? [{ value: "text" as const, label: m.preview_exact() }] : []),
          ]}
        />
        <span className="spacer" />
        {view.known_tokens != null && (
          <span className="preview-count">
            {view.unknown_tokens > 0
              ? m.preview_count_more({
                  count: formatCount(view.known_tokens),
                  more: formatCount(view.unknown_tokens),
                })
              : m.tokens_count({ count: formatCount(view.known_tokens) })}
          </span>
        )}
        <CopyButton text={copyText(view)} label={m.copy_prompt()} />
      </div>
      <Parts view={view} />
      {view.warnings.map((warning, index) => (
        <p key={warning} className="hint">
          <SaidText said={said(view.warning_phrases[index], warning)} />
        </p>
      ))}
      {form === "text" && text ? (
        <PromptText pieces={text} label={m.preview_exact()} />
      ) : (
        (view.messages ?? []).map((message, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a message is its place in the conversation.
          <article key={index} className="preview-message">
            <h4>{ROLE_NAMES[message.role]?.() ?? message.role}</h4>
            <PromptText pieces={messages[index] ?? []} label={m.preview_message({ count: index + 1 })} />
          </article>
        ))
      )}
    </div>
  );
}

const ROLE_NAMES: Record<string, () => string> = {
  system: () => m.preview_system(),
  user: () => m.preview_user(),
  assistant: () => m.preview_assistant(),
};

const KIND_NAMES = {
  system: () => m.budget_system(),
  project_context: () => m.part_project_context(),
  context: () => m.part_context(),
  charge: () => m.part_charge(),
  instruction: () => m.part_instruction(),
  file: () => m.part_file(),
  output: () => m.part_output(),
  earlier: () => m.part_earlier(),
  layout: () => m.part_layout(),
};

/** What the prompt is made of, each part with its tokens. */
function Parts({ view }: { view: StepPreview }) {
  return (
    <ul className="preview-parts" aria-label={m.preview_parts()}>
      {view.parts.map((part, index) => (
        <li
          // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place in the prompt.
          key={index}
          className={part.known ? undefined : "part-unknown"}
        >
          <i className={`share-${part.known ? SHARE_OF[part.kind] : "unknown"}`} aria-hidden />
          <span>
            {KIND_NAMES[part.kind]()}
            {part.label && <code>{part.label}</code>}
          </span>
          <b>
            {part.known ? formatCount(part.tokens) : m.preview_up_to({ count: formatCount(part.tokens) })}
          </b>
        </li>
      ))}
    </ul>
  );
}
