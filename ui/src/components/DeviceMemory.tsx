import { m } from "@/paraglide/messages.js";
import { formatBytes } from "./format";

interface DeviceMemoryProps {
  device: { name: string; description: string; memory_total_bytes: number; memory_free_bytes: number };
}

/** How much of a device's memory is taken; nothing where it tells no size. */
export function DeviceMemory({ device }: DeviceMemoryProps) {
  const { memory_total_bytes: total, memory_free_bytes: free } = device;
  if (total <= 0) return null;
  return (
    <>
      <meter
        min={0}
        max={total}
        value={total - free}
        aria-label={m.memory_of({ device: device.description || device.name })}
      />
      <span className="number hint">
        {m.memory_free({ free: formatBytes(free), total: formatBytes(total) })}
      </span>
    </>
  );
}
