import { Switch } from "@/components/Switch";
import { m } from "@/paraglide/messages.js";
import { Setting, SettingGroup } from "./Setting";
import type { GroupProps } from "./SettingsScreen";

export function NotificationsGroup({ settings, change }: GroupProps) {
  return (
    <SettingGroup id="notifications" title={m.group_notifications()}>
      <Setting title={m.notify_end()} text={m.notify_end_hint()}>
        <Switch
          label={m.notify_end()}
          checked={settings.notifications !== false}
          onChange={(notifications) => change({ notifications })}
          testId="notifications"
        />
      </Setting>
    </SettingGroup>
  );
}
