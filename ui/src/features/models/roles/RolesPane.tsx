import type { UseQueryResult } from "@tanstack/react-query";
import { Info } from "lucide-react";
import type { ModelsView } from "@/api/models";
import { ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { RoleCard } from "./RoleCard";

/** The four roles: what serves each, whether it fits, and what else could. */
export function RolesPane({ list }: { list: UseQueryResult<ModelsView> }) {
  const standIns = list.data?.models.filter(({ binding }) => binding.stand_in).length ?? 0;
  return (
    <>
      <p className="lead">{m.models_lead()}</p>
      {list.isPending && <Skeleton rows={4} tall />}
      {list.isError && (
        <ErrorPanel title={m.models_failed()} error={list.error} onRetry={() => list.refetch()} />
      )}
      {list.data && (
        <>
          {standIns > 0 && (
            <p className="notice notice-warn">
              <Info aria-hidden size={15} /> {m.stand_in_banner({ count: standIns })}
            </p>
          )}
          <div className="roles-grid">
            {list.data.models.map((role) => (
              <RoleCard key={role.name} role={role} files={list.data.files} />
            ))}
          </div>
        </>
      )}
    </>
  );
}
