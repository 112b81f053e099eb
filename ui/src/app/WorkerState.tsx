import { useHealth } from "@/api/queries";
import { classes } from "@/components/classes";
import { modelName } from "@/components/format";
import { m } from "@/paraglide/messages.js";

/** The worker and the queue, at the foot of the rail. */
export function WorkerState() {
  const { data, isError } = useHealth();
  // Another program may carry the runs out, or the scripted placeholder, which needs no worker.
  const busy = (data?.queue.running ?? 0) > 0;
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
  return (
    <div className="worker" role="status" data-testid="worker-state" data-state={state}>
      <span className={classes("worker-dot", `worker-${state}`)} aria-hidden />
      <span className="worker-text">
        <strong>{texts[state]}</strong>
        <small title={model ?? undefined}>
          {waiting > 0 ? m.queue_waiting({ count: waiting }) : model ? modelName(model) : quiet}
        </small>
      </span>
    </div>
  );
}
