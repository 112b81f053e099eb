import { HardDrive, Info } from "lucide-react";
import { useModels } from "@/api/queries";
import { EmptyState, ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { FileTable } from "./FileTable";
import { RoleCard } from "./RoleCard";

/** Who plays which role, and the model files that could. */
export function ModelsScreen() {
  const query = useModels();
  const standIns = query.data?.models.filter((model) => model.binding?.stand_in).length ?? 0;
  return (
    <div className="screen">
      <header className="top-bar">
        <h1 className="screen-title">{m.nav_models()}</h1>
      </header>
      <div className="scroll">
        <div className="page">
          <p className="lead">{m.models_lead()}</p>
          {query.isPending && <Skeleton rows={4} tall />}
          {query.isError && (
            <ErrorPanel title={m.models_failed()} error={query.error} onRetry={() => query.refetch()} />
          )}
          {query.data && (
            <>
              <h2>{m.roles()}</h2>
              {standIns > 0 && (
                <p className="notice notice-warn">
                  <Info aria-hidden size={15} /> {m.stand_in_banner({ count: standIns })}
                </p>
              )}
              <div className="role-grid">
                {query.data.models.map((model) => (
                  <RoleCard key={model.name} model={model} files={query.data.files} />
                ))}
              </div>
              <h2>{m.files_on_disk()}</h2>
              {query.data.files.length === 0 ? (
                <EmptyState icon={HardDrive} title={m.no_model_files()} text={m.no_model_files_text()} />
              ) : (
                <FileTable files={query.data.files} />
              )}
            </>
          )}
        </div>
      </div>
    </div>
  );
}
