import { useDoctor } from "@/api/getModels";
import type { Device, WorkerHealth } from "@/api/library";
import { useHealth } from "@/api/queries";
import { DeviceMemory } from "@/components/DeviceMemory";
import { NumberField } from "@/components/fields";
import { m } from "@/paraglide/messages.js";
import { Doctor, DoctorDevices } from "./Doctor";
import { MemorySettings } from "./MemorySettings";
import { Setting, SettingGroup } from "./Setting";
import type { GroupProps } from "./SettingsScreen";

/** What the API allows. */
const MAX_THREADS = 256;
const MAX_LAYERS = 1000;

/** How much of the machine the models may use, beside what the machine has. */
export function MachineGroup({ settings, change }: GroupProps) {
  const worker: WorkerHealth | undefined = useHealth().data?.worker;
  const examined = useDoctor().data?.devices;
  return (
    <SettingGroup id="machine" title={m.group_machine()}>
      <Setting title={m.doctor()} text={m.doctor_hint()} wide>
        <Doctor />
      </Setting>
      <Setting title={m.machine_has()} text={m.machine_has_hint()} wide>
        {examined?.length ? (
          <DoctorDevices devices={examined} />
        ) : worker?.devices?.length ? (
          <Devices devices={worker.devices} />
        ) : (
          <p className="notice notice-quiet" data-testid="machine-unknown">
            {m.machine_unknown()}
          </p>
        )}
      </Setting>
      <Setting
        title={m.threads()}
        text={worker?.threads ? m.threads_hint_now({ count: String(worker.threads) }) : m.threads_hint()}
      >
        <NumberField
          label={m.threads()}
          value={settings.threads}
          min={1}
          max={MAX_THREADS}
          none={m.automatic()}
          unit={m.unit_threads()}
          testId="threads"
          onChange={(threads) => change({ threads })}
        />
      </Setting>
      <Setting title={m.gpu_layers()} text={m.gpu_layers_hint()}>
        <NumberField
          label={m.gpu_layers()}
          value={settings.gpu_layers}
          min={0}
          max={MAX_LAYERS}
          none={m.automatic()}
          unit={m.unit_layers()}
          testId="gpu-layers"
          onChange={(gpu_layers) => change({ gpu_layers })}
        />
      </Setting>
      <MemorySettings settings={settings} change={change} />
    </SettingGroup>
  );
}

function Devices({ devices }: { devices: Device[] }) {
  return (
    <ul className="devices" data-testid="devices">
      {devices.map((device) => (
        <li key={device.name}>
          <strong>{device.description || device.name}</strong>
          <DeviceMemory device={device} />
        </li>
      ))}
    </ul>
  );
}
