import type { Timings } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { formatSeconds } from "./format";

/** Where a step's time went: loading, reading the prompt, writing; `scale_ms` is the length of a full bar. */
export function TimeBar({ timings, scale_ms }: { timings: Timings; scale_ms: number }) {
  const parts = [
    { name: m.phase_load(), className: "time-load", ms: timings.load_ms },
    { name: m.phase_read(), className: "time-read", ms: timings.prompt_ms },
    { name: m.phase_write(), className: "time-write", ms: timings.generate_ms },
  ].filter((part) => part.ms > 0);
  const label = parts.map((part) => `${part.name} ${formatSeconds(part.ms / 1000)}`).join(", ");
  return (
    <span className="time-bar" role="img" aria-label={label} title={label}>
      {parts.map((part) => (
        <span
          key={part.className}
          className={part.className}
          style={{ width: `${Math.max(0.8, (part.ms / scale_ms) * 100)}%` }}
        />
      ))}
    </span>
  );
}
