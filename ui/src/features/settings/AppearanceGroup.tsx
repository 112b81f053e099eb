import { Laptop, Moon, Sun } from "lucide-react";
import type { LanguageSetting, ThemeSetting } from "@/api/types";
import { Segmented } from "@/components/Choice";
import { m } from "@/paraglide/messages.js";
import { Setting, SettingGroup } from "./Setting";
import type { GroupProps } from "./SettingsScreen";

export function AppearanceGroup({ settings, change }: GroupProps) {
  return (
    <SettingGroup id="appearance" title={m.group_appearance()}>
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
    </SettingGroup>
  );
}
