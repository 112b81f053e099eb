import { Laptop, Lock, Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { toast } from "sonner";
import { openPath } from "@/api/desktop";
import { useHealth, useSaveSettings, useSettings } from "@/api/queries";
import { isDesktop } from "@/api/transport";
import type { LanguageSetting, Settings, ThemeSetting } from "@/api/types";
import { Button } from "@/components/Button";
import { Segmented } from "@/components/Choice";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";

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

function SettingsForm({ settings }: { settings: Settings }) {
  const save = useSaveSettings();
  const health = useHealth().data;
  const change = (patch: Partial<Settings>) =>
    save.mutate(
      { ...settings, ...patch },
      { onError: (error) => toast.error(m.settings_save_failed(), { description: errorText(error) }) },
    );
  return (
    <>
      <Setting title={m.theme()} text={m.theme_hint()}>
        <Segmented<ThemeSetting>
          label={m.theme()}
          value={settings.theme}
          onChange={(theme) => change({ theme })}
          options={[
            { value: "system", label: m.as_system(), icon: <Laptop aria-hidden size={14} /> },
            { value: "light", label: m.theme_light(), icon: <Sun aria-hidden size={14} /> },
            { value: "dark", label: m.theme_dark(), icon: <Moon aria-hidden size={14} /> },
          ]}
        />
      </Setting>
      <Setting title={m.language()} text={m.language_hint()}>
        <Segmented<LanguageSetting>
          label={m.language()}
          value={settings.language}
          onChange={(language) => change({ language })}
          options={[
            { value: "system", label: m.as_system() },
            { value: "en", label: "English" },
            { value: "es", label: "Español" },
          ]}
        />
      </Setting>
      <Setting title={m.data_folder()} text={m.data_folder_hint()}>
        <div className="folder-line">
          <code data-testid="data-folder">{health?.data_dir ?? "…"}</code>
          {isDesktop() && health && (
            <Button
              small
              onClick={() => openPath(health.data_dir).catch((error) => toast.error(errorText(error)))}
            >
              {m.open_folder()}
            </Button>
          )}
        </div>
      </Setting>
      <section className="privacy">
        <Lock aria-hidden size={18} />
        <div>
          <h2>{m.privacy()}</h2>
          <p>{m.privacy_text()}</p>
        </div>
      </section>
      <p className="hint">{m.version({ version: health?.version ?? "…" })}</p>
    </>
  );
}

function Setting({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section className="setting">
      <div>
        <h2>{title}</h2>
        <p className="hint">{text}</p>
      </div>
      {children}
    </section>
  );
}
