import type { Timings } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { formatPercent, formatSeconds } from "./format";

/** Times in ms, and how much of the prompt was not read anew. */
export type Times = Pick<Timings, "load_ms" | "prompt_ms" | "generate_ms"> &
  Partial<Pick<Timings, "prompt_tokens" | "cached_tokens">> & {
    /** Time in which the step stood still, e.g. because the model served another run. */
    wait_ms?: number;
  };

export const totalMs = ({ wait_ms = 0, load_ms, prompt_ms, generate_ms }: Times): number =>
  wait_ms + load_ms + prompt_ms + generate_ms;

/** Share of the prompt, 0 to 1, that was still in the model's cache. */
export const cachedShare = ({ prompt_tokens = 0, cached_tokens = 0 }: Times): number =>
  prompt_tokens > 0 ? Math.min(1, cached_tokens / prompt_tokens) : 0;

/**
 * Where a step's time went: waiting, loading, reading the prompt, writing; `scale_ms` is the length of a full bar. The part of the
 * prompt's segment that is hatched is the share of the prompt that came from the cache.
 */
export function TimeBar({ times, scale_ms }: { times: Times; scale_ms: number }) {
  const cached = cachedShare(times);
  const parts = [
    { name: m.phase_wait(), className: "time-wait", ms: times.wait_ms ?? 0 },
    { name: m.phase_load(), className: "time-load", ms: times.load_ms },
    { name: m.phase_read(), className: "time-read", ms: times.prompt_ms },
    { name: m.phase_write(), className: "time-write", ms: times.generate_ms },
  ].filter((part) => part.ms > 0);
  const label = [
    ...parts.map((part) => `${part.name} ${formatSeconds(part.ms / 1000)}`),
    ...(cached > 0 ? [m.prompt_cached({ percent: formatPercent(cached) })] : []),
  ].join(", ");
  return (
    <span className="time-bar" role="img" aria-label={label} title={label}>
      {parts.map((part) => (
        <span
          key={part.className}
          className={part.className}
          style={{ width: `${Math.max(0.8, (part.ms / Math.max(1, scale_ms)) * 100)}%` }}
        >
          {part.className === "time-read" && cached > 0 && (
            <i className="time-cached" style={{ width: `${cached * 100}%` }} />
          )}
        </span>
      ))}
    </span>
  );
}
