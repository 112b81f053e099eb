import { useHealth } from "@/api/queries";
import { classes } from "@/components/classes";
import { formatPercent, formatRate, modelName } from "@/components/format";
import { m } from "@/paraglide/messages.js";
import { type Pace, usePace } from "./pace";

/** The worker and the queue, at the foot of the rail. */
export function WorkerState() {
  const { data, isError } = useHealth();
  // Another program may carry the runs out, or the scripted placeholder, which needs no worker.
  const busy = (data?.queue.running ?? 0) > 0;
  const pace = usePace(busy && !isError);
  const told = data?.worker.state ?? "idle";
  const state = isError ? "unreachable" : told === "idle" && busy ? "running" : told;
  const texts = {
    unreachable: m.worker_unreachable(),
    idle: m.worker_idle(),
    loading: m.worker_loading(),
    running: m.worker_running(),
  };
  const waiting = data?.queue.waiting ?? 0;
  const model = data?.worker.model;
  const quiet = busy && data?.queue.holder === "other" ? m.worker_elsewhere() : m.queue_empty();
  const more = waiting > 0 ? m.queue_waiting({ count: waiting }) : model ? modelName(model) : quiet;
  const shown = (state === "running" || state === "loading") && pace ? paceText(pace) : texts[state];
  return (
    <div
      className="worker"
      data-testid="worker-state"
      data-state={state}
      title={`${shown}\n${model ?? more}`}
    >
      <span className={classes("worker-dot", `worker-${state}`)} aria-hidden />
      {/* What changes several times a second is not read out; the state that it belongs to is. */}
      <span className="sr-only" role="status">
        {texts[state]}. {more}
      </span>
      <span className="worker-text rail-text" aria-hidden>
        <strong className="number" data-testid="worker-pace">
          {shown}
        </strong>
        <small>{more}</small>
      </span>
    </div>
  );
}

function paceText(pace: Pace): string {
  switch (pace.kind) {
    case "loading":
      return m.worker_loading_at({ percent: formatPercent(pace.fraction) });
    case "prompt":
      return m.worker_reading_at({ percent: formatPercent(pace.fraction) });
    case "writing":
      return pace.rate === undefined ? m.worker_writing() : m.rate({ rate: formatRate(pace.rate) });
  }
}
