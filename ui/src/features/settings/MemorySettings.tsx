import { NumberField } from "@/components/fields";
import { Switch } from "@/components/Switch";
import { m } from "@/paraglide/messages.js";
import { Setting } from "./Setting";
import type { GroupProps } from "./SettingsScreen";

/** What the API allows. */
const MIN_BUDGET_MIB = 256;
const MAX_BUDGET_MIB = 16_777_216;
const MAX_IDLE_S = 604_800;
const MAX_PROMPT_CACHE_MIB = 1_048_576;
/** The API's own defaults, for settings that were answered without them. */
const IDLE_S = 600;
const PROMPT_CACHE_MIB = 2048;

/** How much memory models may take, and for how long. */
export function MemorySettings({ settings, change }: GroupProps) {
  return (
    <>
      <Setting title={m.memory_budget()} text={m.memory_budget_hint()}>
        <NumberField
          label={m.memory_budget()}
          value={settings.memory_budget_mib}
          min={MIN_BUDGET_MIB}
          max={MAX_BUDGET_MIB}
          none={m.automatic()}
          unit="MiB"
          testId="memory-budget"
          onChange={(memory_budget_mib) => change({ memory_budget_mib })}
        />
      </Setting>
      <Setting title={m.model_idle()} text={m.model_idle_hint()}>
        <NumberField
          label={m.model_idle()}
          value={settings.model_idle_s ?? IDLE_S}
          min={0}
          max={MAX_IDLE_S}
          unit={m.unit_seconds()}
          testId="model-idle"
          onChange={(seconds) => seconds !== null && change({ model_idle_s: seconds })}
        />
      </Setting>
      <Setting title={m.prompt_cache()} text={m.prompt_cache_hint()}>
        <NumberField
          label={m.prompt_cache()}
          value={settings.prompt_cache_mib ?? PROMPT_CACHE_MIB}
          min={0}
          max={MAX_PROMPT_CACHE_MIB}
          unit="MiB"
          testId="prompt-cache"
          onChange={(mib) => mib !== null && change({ prompt_cache_mib: mib })}
        />
      </Setting>
      <Setting title={m.allow_overcommit()} text={m.allow_overcommit_hint()}>
        <Switch
          label={m.allow_overcommit()}
          checked={settings.allow_overcommit ?? false}
          onChange={(allow_overcommit) => change({ allow_overcommit })}
          testId="allow-overcommit"
        />
      </Setting>
    </>
  );
}
