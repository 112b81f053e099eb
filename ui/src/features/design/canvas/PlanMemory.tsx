import { CircleX, MemoryStick } from "lucide-react";
import type { FitView } from "@/api/models";
import { classes } from "@/components/classes";
import { formatBytes, modelName } from "@/components/format";
import { memoryRoom } from "@/components/memoryRoom";
import { m } from "@/paraglide/messages.js";

type RunFit = NonNullable<FitView["run"]>;

/** The most that a run has in memory at once, against what is free, and where models give way to each other. */
export function PlanMemory({ fit }: { fit: FitView }) {
  const { run, machine } = fit;
  if (!run || run.steps.length === 0) return null;
  const room = memoryRoom(machine);
  const sizes = { needed: formatBytes(run.peak_bytes), free: formatBytes(room ?? 0) };
  const whole = Math.max(run.peak_bytes, room ?? 0);
  return (
    <section className="plan-memory" aria-label={m.plan_memory()} data-testid="plan-memory">
      <p className="plan-memory-line number">
        <MemoryStick aria-hidden size={14} />
        {room === undefined ? m.plan_memory_needs(sizes) : m.plan_memory_of(sizes)}
      </p>
      <div className={classes("fit-bar", !run.fits && "fit-over")} aria-hidden>
        <span
          className="fit-part fit-part-weights"
          style={{ width: `${whole > 0 ? (100 * run.peak_bytes) / whole : 0}%` }}
        />
      </div>
      {!run.fits && (
        <p className="notice notice-error">
          <CircleX aria-hidden size={14} />
          <span>{machine.allow_overcommit ? m.plan_memory_tried() : m.plan_memory_over()}</span>
        </p>
      )}
      {run.all_stay ? <p className="hint">{m.plan_memory_stays()}</p> : <Swaps run={run} />}
    </section>
  );
}

/** The steps before which a model leaves the memory for another. */
function Swaps({ run }: { run: RunFit }) {
  const swaps = run.steps.filter((step) => step.loads && step.frees.length > 0);
  if (swaps.length === 0) return null;
  return (
    <ul className="plan-swaps hint">
      {swaps.map((step) => (
        <li key={step.step_name}>
          {m.plan_memory_swap({
            step: step.step_name,
            model: modelName(step.model_id),
            freed: step.frees.map(modelName).join(", "),
          })}
        </li>
      ))}
    </ul>
  );
}
