import { NumberField } from "@/components/fields";
import { Switch } from "@/components/Switch";
import { m } from "@/paraglide/messages.js";
import { Setting, SettingGroup } from "./Setting";
import type { GroupProps } from "./SettingsScreen";

/** What the API allows. */
const MAX_TIMEOUT_S = 86_400;
const MAX_RUNS = 16;

export function RunsGroup({ settings, change }: GroupProps) {
  return (
    <SettingGroup id="runs" title={m.nav_runs()}>
      <Setting title={m.resume_by_itself()} text={m.resume_by_itself_hint()}>
        <Switch
          label={m.resume_by_itself()}
          checked={settings.resume_interrupted}
          onChange={(resume_interrupted) => change({ resume_interrupted })}
          testId="resume-interrupted"
        />
      </Setting>
      <Setting title={m.step_timeout()} text={m.step_timeout_hint()}>
        <NumberField
          label={m.step_timeout()}
          value={settings.step_timeout_s}
          min={1}
          max={MAX_TIMEOUT_S}
          none={m.no_limit()}
          unit={m.unit_seconds()}
          testId="step-timeout"
          onChange={(step_timeout_s) => change({ step_timeout_s })}
        />
      </Setting>
      <Setting title={m.runs_at_once()} text={m.runs_at_once_hint()}>
        <NumberField
          label={m.runs_at_once()}
          value={settings.max_concurrent_runs}
          min={1}
          max={MAX_RUNS}
          unit={m.unit_runs()}
          testId="runs-at-once"
          onChange={(count) => count !== null && change({ max_concurrent_runs: count })}
        />
      </Setting>
    </SettingGroup>
  );
}
