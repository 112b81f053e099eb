import { ChevronDown } from "lucide-react";
import { useId, useState } from "react";
import { toast } from "sonner";
import {
  type DeviceView,
  type ModelFileView,
  type RoleOptions,
  type RoleView,
  useModelList,
  useRoleFit,
  useSetOptions,
} from "@/api/models";
import { type Option, Select } from "@/components/Choice";
import { NumberField } from "@/components/fields";
import { formatBytes, formatCount } from "@/components/format";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { isGpu } from "./fit";
import { RpcServers } from "./RpcServers";

/** What the API allows. */
const CONTEXT_TOKENS = { min: 256, max: 16_777_216 };
const MAX_LAYERS = 10_000;

/** Stands for what the program chooses; a device's name is never empty. */
const AUTOMATIC = "";

/** How the role's model is computed, folded away since the program chooses well by itself. */
export function RoleOptionsForm({ role }: { role: RoleView }) {
  const [open, setOpen] = useState(false);
  const region = useId();
  const settled = summary(role.options);
  return (
    <div className="role-options">
      <button
        type="button"
        className="disclosure"
        aria-expanded={open}
        aria-controls={region}
        data-testid={`options-${role.name}`}
        onClick={() => setOpen(!open)}
      >
        <ChevronDown aria-hidden size={14} /> {m.role_options()}
        <span className="hint number">{settled || m.automatic()}</span>
      </button>
      <div id={region} hidden={!open}>
        {open && <Fields role={role} />}
      </div>
    </div>
  );
}

function Fields({ role }: { role: RoleView }) {
  const save = useSetOptions();
  const fit = useRoleFit(role).data;
  const devices = fit?.devices ?? [];
  const files = useModelList().data?.files ?? [];
  const { options } = role;
  const hasGpu = devices.some(isGpu) || options.gpu_layers != null;

  function change(part: Partial<RoleOptions>) {
    // What is absent is chosen by the program, so what was emptied is left out.
    const wanted = Object.entries({ ...options, ...part }).filter(([, value]) => value != null);
    save.mutate(
      { role: role.name, options: Object.fromEntries(wanted) },
      {
        onError: (error) =>
          toast.error(m.options_failed({ role: role.name }), { description: errorText(error) }),
      },
    );
  }
  const longest = fit?.models[0]?.longest_context_tokens;
  return (
    <div className="role-option-fields">
      <div className="field">
        <span>{m.option_context()}</span>
        <NumberField
          label={m.option_context_of({ role: role.name })}
          value={options.context_tokens}
          {...CONTEXT_TOKENS}
          none={m.automatic()}
          unit={m.unit_tokens()}
          testId={`context-${role.name}`}
          onChange={(context_tokens) => change({ context_tokens })}
        />
        <small className="hint number">
          {longest ? m.option_context_longest({ count: formatCount(longest) }) : m.option_context_hint()}
        </small>
      </div>
      <div className="field">
        <span>{m.option_device()}</span>
        <Select
          label={m.option_device_of({ role: role.name })}
          value={options.device ?? AUTOMATIC}
          options={deviceOptions(devices, options.device)}
          onChange={(device) => change({ device: device === AUTOMATIC ? null : device })}
          testId={`device-${role.name}`}
        />
      </div>
      {hasGpu && (
        <div className="field">
          <span>{m.gpu_layers()}</span>
          <NumberField
            label={m.option_layers_of({ role: role.name })}
            value={options.gpu_layers}
            min={0}
            max={MAX_LAYERS}
            none={m.automatic()}
            unit={m.unit_layers()}
            testId={`layers-${role.name}`}
            onChange={(gpu_layers) => change({ gpu_layers })}
          />
        </div>
      )}
      <div className="field">
        <span>{m.option_cache()}</span>
        <Select
          label={m.option_cache_of({ role: role.name })}
          value={options.cache_type ?? AUTOMATIC}
          options={cacheOptions()}
          onChange={(type) => change(cacheChange(type, options))}
          testId={`cache-${role.name}`}
        />
        <small className="hint">{m.option_cache_hint()}</small>
      </div>
      <div className="field">
        <span>{m.option_flash()}</span>
        <Select
          label={m.option_flash_of({ role: role.name })}
          value={options.flash_attention == null ? AUTOMATIC : options.flash_attention ? "on" : "off"}
          options={flashOptions(isPacked(options.cache_type))}
          onChange={(flash) => change({ flash_attention: flash === AUTOMATIC ? null : flash === "on" })}
          testId={`flash-${role.name}`}
        />
      </div>
      <div className="field">
        <span>{m.option_draft()}</span>
        <Select
          label={m.option_draft_of({ role: role.name })}
          value={options.draft_model ?? AUTOMATIC}
          options={draftOptions(files, role.binding.id, options.draft_model)}
          onChange={(model) => change({ draft_model: model === AUTOMATIC ? null : model })}
          testId={`draft-${role.name}`}
        />
        <small className="hint">{m.option_draft_hint()}</small>
      </div>
      <RpcServers
        role={role.name}
        servers={options.rpc_servers ?? []}
        onChange={(servers) => change({ rpc_servers: servers.length > 0 ? servers : undefined })}
      />
      <p className="hint">{m.options_when()}</p>
    </div>
  );
}

const isPacked = (type: RoleOptions["cache_type"]) => type === "q8_0" || type === "q4_0";

function cacheOptions(): Option<string>[] {
  return [
    { value: AUTOMATIC, label: m.automatic(), hint: m.option_cache_16() },
    { value: "q8_0", label: m.option_cache_bits({ bits: 8 }), hint: m.option_cache_8() },
    { value: "q4_0", label: m.option_cache_bits({ bits: 4 }), hint: m.option_cache_4() },
  ];
}

/** A cache of fewer bits needs flash attention, so that it is no longer off then. */
function cacheChange(type: string, { flash_attention }: RoleOptions): Partial<RoleOptions> {
  const cache_type = type === "q8_0" || type === "q4_0" ? type : null;
  return cache_type && flash_attention === false ? { cache_type, flash_attention: null } : { cache_type };
}

function flashOptions(needed: boolean): Option<string>[] {
  const options: Option<string>[] = [
    { value: AUTOMATIC, label: m.automatic(), hint: m.option_flash_hint() },
    { value: "on", label: m.option_flash_on() },
  ];
  return needed ? options : [...options, { value: "off", label: m.option_flash_off() }];
}

/** The models that may guess for the one called `own`; one that was chosen and has gone stays listed. */
function draftOptions(
  files: ModelFileView[],
  own: string,
  kept: string | null | undefined,
): Option<string>[] {
  const usable = files.filter(({ id, format, problem }) => id !== own && format === "gguf" && !problem);
  const options: Option<string>[] = [
    { value: AUTOMATIC, label: m.option_draft_none() },
    ...usable.map(({ id, size_bytes }) => ({ value: id, label: id, hint: formatBytes(size_bytes) })),
  ];
  if (kept && usable.every(({ id }) => id !== kept))
    options.push({ value: kept, label: kept, hint: m.option_draft_gone() });
  return options;
}

/** The devices that there are; one that was chosen and has gone stays listed. */
function deviceOptions(devices: DeviceView[], kept: string | null | undefined): Option<string>[] {
  const options: Option<string>[] = [
    { value: AUTOMATIC, label: m.automatic(), hint: m.option_device_hint() },
    ...devices.map((device) => ({
      value: device.name,
      label: device.description || device.name,
      hint: [
        device.backend,
        device.memory_total_bytes > 0 &&
          m.memory_free({
            free: formatBytes(device.memory_free_bytes),
            total: formatBytes(device.memory_total_bytes),
          }),
      ]
        .filter(Boolean)
        .join(" · "),
    })),
  ];
  if (kept && devices.every(({ name }) => name !== kept))
    options.push({ value: kept, label: kept, hint: m.option_device_gone() });
  return options;
}

/** What is settled, in one line. */
function summary(options: RoleOptions): string {
  const {
    context_tokens,
    device,
    gpu_layers,
    rpc_servers = [],
    cache_type,
    flash_attention,
    draft_model,
  } = options;
  return [
    context_tokens != null && m.tokens_count({ count: formatCount(context_tokens) }),
    device,
    gpu_layers != null && m.option_layers_short({ count: formatCount(gpu_layers) }),
    cache_type != null && m.option_cache_short({ type: cache_type }),
    flash_attention != null && (flash_attention ? m.option_flash_short_on() : m.option_flash_short_off()),
    draft_model && m.option_draft_short({ model: draft_model }),
    rpc_servers.length > 0 && m.option_rpc_short({ count: formatCount(rpc_servers.length) }),
  ]
    .filter(Boolean)
    .join(" · ");
}
