import { CircleCheck, CircleX, Link2, RefreshCw, TriangleAlert } from "lucide-react";
import { toast } from "sonner";
import { type FoundModelView, useFoundModels, useImportModel } from "@/api/models";
import { Button } from "@/components/Button";
import { formatBytes } from "@/components/format";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { fileFacts } from "./facts";

/** What Ollama, LM Studio, Jan and the Hugging Face cache hold, to be used where it lies. */
export function FoundModels() {
  const found = useFoundModels();
  return (
    <section className="found" aria-labelledby="found-title" data-testid="found-models">
      <header className="found-head">
        <div>
          <h2 id="found-title">{m.found_title()}</h2>
          <p className="hint">{m.found_text()}</p>
        </div>
        <Button small icon={RefreshCw} busy={found.isFetching} onClick={() => found.refetch()}>
          {m.found_again()}
        </Button>
      </header>
      {found.isPending && <Skeleton rows={2} />}
      {found.isError && (
        <ErrorPanel title={m.found_failed()} error={found.error} onRetry={() => found.refetch()} />
      )}
      {found.data?.models.length === 0 && <p className="notice notice-quiet">{m.found_none()}</p>}
      {found.data && found.data.models.length > 0 && (
        <ul className="found-list">
          {found.data.models.map((model) => (
            <FoundRow key={`${model.program} ${model.name} ${model.path}`} model={model} />
          ))}
        </ul>
      )}
      {found.data?.problems.map(({ path, message }) => (
        <p key={`${path} ${message}`} className="notice notice-warn">
          <TriangleAlert aria-hidden size={14} />
          <span className="breakable">{message.includes(path) ? message : `${path}: ${message}`}</span>
        </p>
      ))}
    </section>
  );
}

function FoundRow({ model }: { model: FoundModelView }) {
  const use = useImportModel();
  const facts = [...fileFacts(model), formatBytes(model.size_bytes)].join(" · ");
  return (
    <li className="found-row" data-testid="found-row">
      <div className="found-what">
        <p className="found-name">
          <strong className="breakable">{model.name}</strong>
          <span className="badge badge-quiet">{model.program_title}</span>
        </p>
        <p className="hint number">{facts}</p>
        <p className="file-path" title={model.path}>
          {model.path}
        </p>
        {model.problem && (
          <p className="file-problem breakable">
            <CircleX aria-hidden size={13} /> {model.problem}
          </p>
        )}
      </div>
      {model.model_id ? (
        <span className="found-listed">
          <CircleCheck aria-hidden size={14} /> {m.found_listed()}
        </span>
      ) : (
        <Button
          small
          icon={Link2}
          busy={use.isPending}
          disabled={Boolean(model.problem)}
          aria-label={m.found_use_of({ name: model.name })}
          onClick={() =>
            use.mutate(
              { path: model.path, mode: "link" },
              {
                onError: (error) =>
                  toast.error(m.import_failed_of({ name: model.name }), { description: errorText(error) }),
              },
            )
          }
        >
          {m.found_use()}
        </Button>
      )}
    </li>
  );
}
