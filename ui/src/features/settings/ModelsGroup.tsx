import { CircleX } from "lucide-react";
import { useModels } from "@/api/queries";
import { Button } from "@/components/Button";
import { formatBytes, modelName } from "@/components/format";
import { RoleIcon, SimulatedBadge, StandInBadge } from "@/components/RoleChip";
import { ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { Setting, SettingGroup } from "./Setting";

/** Which model plays which role, to be changed on the models' own screen. */
export function ModelsGroup({ onModels }: { onModels: () => void }) {
  const models = useModels();
  return (
    <SettingGroup id="models" title={m.group_models()}>
      <Setting title={m.roles()} text={m.models_lead()} wide>
        {models.isPending && <Skeleton rows={2} />}
        {models.isError && (
          <ErrorPanel title={m.models_failed()} error={models.error} onRetry={() => models.refetch()} />
        )}
        {models.data && (
          <ul className="role-list" data-testid="settings-roles">
            {models.data.models.map(({ name, binding }) => (
              <li key={name}>
                <RoleIcon role={name} />
                <strong>{name}</strong>
                <span className="role-list-model" title={binding?.path}>
                  {binding ? modelName(binding.id) : m.not_bound()}
                  {binding?.size_bytes ? <small> · {formatBytes(binding.size_bytes)}</small> : null}
                </span>
                {binding && !binding.present && (
                  <span className="file-problem">
                    <CircleX aria-hidden size={13} /> {m.model_file_missing()}
                  </span>
                )}
                {binding?.simulated ? (
                  <SimulatedBadge />
                ) : binding?.stand_in ? (
                  <StandInBadge role={name} />
                ) : null}
              </li>
            ))}
          </ul>
        )}
        <div>
          <Button small onClick={onModels} data-testid="open-models">
            {m.change_models()}
          </Button>
        </div>
      </Setting>
    </SettingGroup>
  );
}
