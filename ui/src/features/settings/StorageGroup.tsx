import { Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { openPath } from "@/api/desktop";
import type { Storage } from "@/api/library";
import { useStorage } from "@/api/machine";
import { isDesktop } from "@/api/transport";
import type { Retention, StorageView } from "@/api/types";
import { Button } from "@/components/Button";
import { NumberField } from "@/components/fields";
import { formatBytes, formatCount } from "@/components/format";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { BackupSetting } from "./BackupSetting";
import { PruneDialog } from "./PruneDialog";
import { Setting, SettingGroup } from "./Setting";
import type { GroupProps } from "./SettingsScreen";

/** Without limits only the trash is emptied. */
const NO_LIMITS: Retention = { max_age_days: null, max_size_mib: null };
/** What the API allows. */
const MAX_DAYS = 36_500;
const MAX_MIB = 1_048_576;

export function StorageGroup({ settings, change }: GroupProps) {
  const storage = useStorage();
  const [pruning, setPruning] = useState<Retention | null>(null);
  const { retention } = settings;
  const limited = retention.max_age_days != null || retention.max_size_mib != null;
  return (
    <SettingGroup id="storage" title={m.group_storage()}>
      <Setting title={m.data_folder()} text={m.data_folder_hint()} wide>
        {storage.isPending && <Skeleton rows={2} />}
        {storage.isError && (
          <ErrorPanel title={m.storage_failed()} error={storage.error} onRetry={() => storage.refetch()} />
        )}
        {storage.data && <DataFolder storage={storage.data} />}
      </Setting>
      <Setting title={m.keep_days()} text={m.keep_days_hint()}>
        <NumberField
          label={m.keep_days()}
          value={retention.max_age_days}
          min={1}
          max={MAX_DAYS}
          none={m.forever()}
          unit={m.unit_days()}
          testId="keep-days"
          onChange={(max_age_days) => change({ retention: { ...retention, max_age_days } })}
        />
      </Setting>
      <Setting title={m.keep_size()} text={m.keep_size_hint()}>
        <NumberField
          label={m.keep_size()}
          value={retention.max_size_mib}
          min={1}
          max={MAX_MIB}
          none={m.no_limit()}
          unit="MiB"
          testId="keep-size"
          onChange={(max_size_mib) => change({ retention: { ...retention, max_size_mib } })}
        />
      </Setting>
      <Setting title={m.remove_old()} text={limited ? m.remove_old_hint() : m.remove_old_needs_limit()}>
        <Button
          icon={Trash2}
          disabled={!limited}
          onClick={() => setPruning(retention)}
          data-testid="prune-button"
        >
          {m.remove_now()}
        </Button>
      </Setting>
      {storage.data && <Trash storage={storage.data} onEmpty={() => setPruning(NO_LIMITS)} />}
      <BackupSetting />
      {pruning && (
        <PruneDialog
          title={pruning === NO_LIMITS ? m.trash_empty_title() : m.remove_title()}
          limits={pruning}
          onClose={() => setPruning(null)}
        />
      )}
    </SettingGroup>
  );
}

/** How many deleted runs may still be brought back, and the way to let them go. */
function Trash({ storage, onEmpty }: { storage: Storage; onEmpty: () => void }) {
  const count = storage.trashed_runs ?? 0;
  return (
    <Setting title={m.trash()} text={m.trash_hint()}>
      <span className="number" data-testid="trash-count">
        {count === 0 ? m.trash_none() : m.trash_count({ count, shown: formatCount(count) })}
      </span>
      <Button icon={Trash2} disabled={count === 0} onClick={onEmpty} data-testid="empty-trash">
        {m.trash_empty()}
      </Button>
    </Setting>
  );
}

function DataFolder({ storage }: { storage: StorageView }) {
  const facts = [
    {
      label: m.size_database(),
      value: formatBytes(storage.database_bytes + storage.wal_bytes),
      hint: m.runs_kept({ count: storage.runs, shown: formatCount(storage.runs) }),
    },
    { label: m.size_models(), value: formatBytes(storage.models_bytes), hint: storage.models_dir },
    { label: m.size_logs(), value: formatBytes(storage.logs_bytes) },
  ];
  return (
    <>
      <div className="folder-line">
        <code data-testid="data-folder">{storage.data_dir}</code>
        {isDesktop() && (
          <Button
            small
            onClick={() => openPath(storage.data_dir).catch((error) => toast.error(errorText(error)))}
          >
            {m.open_folder()}
          </Button>
        )}
      </div>
      <dl className="sizes" data-testid="storage-sizes">
        {facts.map(({ label, value, hint }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
            {hint && <dd title={hint}>{hint}</dd>}
          </div>
        ))}
      </dl>
    </>
  );
}
