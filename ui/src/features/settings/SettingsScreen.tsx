import { Lock } from "lucide-react";
import { toast } from "sonner";
import { useHealth, useSaveSettings, useSettings } from "@/api/queries";
import type { Settings } from "@/api/types";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { AppearanceGroup } from "./AppearanceGroup";
import { RunsGroup } from "./RunsGroup";
import { ServerGroup } from "./ServerGroup";
import { StorageGroup } from "./StorageGroup";

export function SettingsScreen() {
  const query = useSettings();
  return (
    <div className="screen">
      <header className="top-bar">
        <h1 className="screen-title">{m.nav_settings()}</h1>
      </header>
      <div className="scroll">
        <div className="page page-narrow">
          {query.isPending && <Skeleton rows={3} tall />}
          {query.isError && (
            <ErrorPanel title={m.settings_failed()} error={query.error} onRetry={() => query.refetch()} />
          )}
          {query.data && <SettingsForm settings={query.data} />}
        </div>
      </div>
    </div>
  );
}

/** What a group needs to show and change the settings; a change is kept at once. */
export interface GroupProps {
  settings: Settings;
  change: (patch: Partial<Settings>) => void;
}

function SettingsForm({ settings }: { settings: Settings }) {
  const save = useSaveSettings();
  const version = useHealth().data?.version;
  const change = (patch: Partial<Settings>) =>
    save.mutate(
      { ...settings, ...patch },
      { onError: (error) => toast.error(m.settings_save_failed(), { description: errorText(error) }) },
    );
  return (
    <>
      <AppearanceGroup settings={settings} change={change} />
      <RunsGroup settings={settings} change={change} />
      <StorageGroup settings={settings} change={change} />
      <ServerGroup />
      <section className="privacy">
        <Lock aria-hidden size={18} />
        <div>
          <h2>{m.privacy()}</h2>
          <p>{m.privacy_text()}</p>
        </div>
      </section>
      <p className="hint">{m.version({ version: version ?? "…" })}</p>
    </>
  );
}
