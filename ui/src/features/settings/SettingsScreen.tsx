import { useEffect } from "react";
import { toast } from "sonner";
import { useSaveSettings, useSettings } from "@/api/queries";
import type { Settings } from "@/api/types";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { AppearanceGroup } from "./AppearanceGroup";
import { GatesGroup } from "./GatesGroup";
import { HelpGroup } from "./HelpGroup";
import { MachineGroup } from "./MachineGroup";
import { ModelsGroup } from "./ModelsGroup";
import { NotificationsGroup } from "./NotificationsGroup";
import { PrivacyGroup } from "./PrivacyGroup";
import { RunsGroup } from "./RunsGroup";
import { ServerGroup } from "./ServerGroup";
import { StorageGroup } from "./StorageGroup";

interface SettingsScreenProps {
  onModels: () => void;
  onStart: () => void;
}

export function SettingsScreen(props: SettingsScreenProps) {
  const query = useSettings();
  return (
    <div className="screen">
      <header className="top-bar">
        <h1 className="screen-title">{m.nav_settings()}</h1>
      </header>
      <div className="scroll settings-scroll">
        <Contents />
        <div className="page page-narrow">
          {query.isPending && <Skeleton rows={3} tall />}
          {query.isError && (
            <ErrorPanel title={m.settings_failed()} error={query.error} onRetry={() => query.refetch()} />
          )}
          {query.data && <SettingsForm settings={query.data} {...props} />}
        </div>
      </div>
    </div>
  );
}

/** The groups by name, beside them in a window that is wide enough. */
function Contents() {
  const groups = [
    ["appearance", m.group_appearance()],
    ["models", m.group_models()],
    ["machine", m.group_machine()],
    ["runs", m.nav_runs()],
    ["gates", m.group_gates()],
    ["notifications", m.group_notifications()],
    ["storage", m.group_storage()],
    ["server", m.group_server()],
    ["privacy", m.privacy()],
    ["help", m.group_help()],
    ["about", m.group_about()],
  ];
  return (
    <nav className="settings-contents" aria-label={m.settings_contents()}>
      <ul>
        {groups.map(([id, title]) => (
          <li key={id}>
            <button type="button" onClick={() => reveal(`group-${id}`)}>
              {title}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Brings a heading to the top and gives it the focus, so that Tab goes on in its group. */
function reveal(headingId: string): void {
  const heading = document.getElementById(headingId);
  heading?.scrollIntoView({ block: "start" });
  heading?.focus({ preventScroll: true });
}

/** Reveals a heading, and again whenever what is loaded above it has moved it, until the user does something. */
function keepRevealed(headingId: string): () => void {
  reveal(headingId);
  const heading = document.getElementById(headingId);
  const observer = new ResizeObserver(() => heading?.scrollIntoView({ block: "start" }));
  if (heading) observer.observe(heading.closest(".page") ?? heading);
  const stop = () => {
    observer.disconnect();
    for (const action of ACTIONS) window.removeEventListener(action, stop);
  };
  for (const action of ACTIONS) window.addEventListener(action, stop, { passive: true });
  return stop;
}

const ACTIONS = ["wheel", "pointerdown", "keydown"];

/** What a group needs to show and change the settings; a change is kept at once. */
export interface GroupProps {
  settings: Settings;
  change: (patch: Partial<Settings>) => void;
}

function SettingsForm({ settings, onModels, onStart }: SettingsScreenProps & { settings: Settings }) {
  const save = useSaveSettings();
  // An address such as `#/settings/gates` leads to a group.
  useEffect(() => {
    const group = /^#\/?settings\/(\w+)$/.exec(window.location.hash)?.[1];
    return group ? keepRevealed(`group-${group}`) : undefined;
  }, []);
  const change = (patch: Partial<Settings>) =>
    save.mutate(
      { ...settings, ...patch },
      { onError: (error) => toast.error(m.settings_save_failed(), { description: errorText(error) }) },
    );
  return (
    <>
      <AppearanceGroup settings={settings} change={change} />
      <ModelsGroup onModels={onModels} />
      <MachineGroup settings={settings} change={change} />
      <RunsGroup settings={settings} change={change} />
      <GatesGroup settings={settings} change={change} />
      <NotificationsGroup settings={settings} change={change} />
      <StorageGroup settings={settings} change={change} />
      <ServerGroup />
      <PrivacyGroup />
      <HelpGroup onStart={onStart} />
    </>
  );
}
