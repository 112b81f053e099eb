import { useHealth } from "@/api/queries";
import { classes } from "@/components/classes";
import { modelName } from "@/components/format";
import { m } from "@/paraglide/messages.js";

/** The worker and the queue, at the foot of the rail. */
export function WorkerState() {
  const { data, isError } = useHealth();
  const state = isError ? "unreachable" : (data?.worker.state ?? "idle");
  const texts = {
    unreachable: m.worker_unreachable(),
    idle: m.worker_idle(),
    loading: m.worker_loading(),
    running: m.worker_running(),
  };
  const waiting = data?.queue.waiting ?? 0;
  const model = data?.worker.model;
  return (
    <div className="worker" role="status" data-testid="worker-state" data-state={state}>
      <span className={classes("worker-dot", `worker-${state}`)} aria-hidden />
      <span className="worker-text">
        <strong>{texts[state]}</strong>
        <small title={model ?? undefined}>
          {waiting > 0 ? m.queue_waiting({ count: waiting }) : model ? modelName(model) : m.queue_empty()}
        </small>
      </span>
    </div>
  );
}
