import { useQuery } from "@tanstack/react-query";
import { History, Play } from "lucide-react";
import { useState } from "react";
import { call } from "@/api/client";
import { isAtRest } from "@/api/runView";
import type { Pipeline, RunView } from "@/api/types";
import { type RerunStep, useRerunKeeping, useRerunPlan } from "@/api/watch";
import { Button } from "@/components/Button";
import { Segmented, Select } from "@/components/Choice";
import { classes } from "@/components/classes";
import { Modal } from "@/components/Modal";
import { ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { shownName, whyItRuns } from "./rerunReasons";
import { refusal } from "./useRunAgain";

interface RerunDialogProps {
  run: RunView;
  /** Name of the step from which on everything runs; without it only what must. */
  from?: string;
  onClose: () => void;
  onOpenRun: (runId: string) => void;
}

/** No step is asked for: only what has changed runs again. */
const CHANGED = "";

/** Shows which steps a new run would keep and which it would carry out again, and why; then starts it. */
export function RerunDialog({ run, from: asked = CHANGED, onClose, onOpenRun }: RerunDialogProps) {
  const present = usePresentPipeline(run);
  const [from, setFrom] = useState(asked);
  const [source, setSource] = useState<"present" | "own">("present");
  const pipeline = source === "present" ? present.data : undefined;
  const request = { runId: run.run_id, ...(pipeline && { pipeline }), ...(from !== CHANGED && { from }) };
  const plan = useRerunPlan(request, !present.isLoading);
  const start = useRerunKeeping();
  const steps = plan.data ?? [];
  const again = steps.filter((step) => step.action === "run").length;
  return (
    <Modal
      wide
      testId="rerun-dialog"
      title={m.rerun_title({ name: run.name })}
      text={present.data ? m.rerun_text_present() : m.rerun_text_own()}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{m.close()}</Button>
          <Button
            look="primary"
            icon={Play}
            busy={start.isPending}
            disabled={!plan.data || plan.isFetching || again === 0 || !isAtRest(run)}
            data-testid="rerun-start"
            onClick={() =>
              start.mutate(request, {
                onSuccess: (started) => {
                  onClose();
                  onOpenRun(started.run_id);
                },
              })
            }
          >
            {m.rerun_steps({ count: again })}
          </Button>
        </>
      }
    >
      {present.data && (
        <Segmented
          label={m.rerun_pipeline()}
          value={source}
          onChange={setSource}
          options={[
            { value: "present", label: m.rerun_present() },
            { value: "own", label: m.rerun_own() },
          ]}
        />
      )}
      <div className="field">
        <span>{m.rerun_start_at()}</span>
        <Select
          label={m.rerun_start_at()}
          value={from}
          onChange={setFrom}
          testId="rerun-from-step"
          options={[
            { value: CHANGED, label: m.rerun_what_changed() },
            ...steps.map((step) => ({ value: step.step_name, label: shownName(step.step_name) })),
          ]}
        />
      </div>
      {start.isError && <ErrorPanel title={m.run_refused()} error={new Error(refusal(start.error))} />}
      {plan.isError ? (
        <ErrorPanel title={m.rerun_plan_failed()} error={plan.error} onRetry={() => plan.refetch()} />
      ) : plan.data ? (
        <PlanOfSteps steps={steps} />
      ) : (
        <Skeleton rows={4} />
      )}
      {plan.data && again === 0 && <p className="hint">{m.rerun_nothing()}</p>}
    </Modal>
  );
}

function PlanOfSteps({ steps }: { steps: RerunStep[] }) {
  return (
    <ol className="rerun-steps" aria-label={m.timeline_label()}>
      {steps.map((step) => {
        const kept = step.action === "reuse";
        const Icon = kept ? History : Play;
        return (
          <li
            key={step.position}
            className={classes("rerun-step", kept ? "rerun-kept" : "rerun-again")}
            data-testid={`rerun-step-${step.step_name}`}
            data-action={step.action}
          >
            <Icon aria-hidden size={15} />
            <span>
              <strong>{shownName(step.step_name)}</strong>
              <small>{kept ? m.step_kept() : whyItRuns(step)}</small>
            </span>
          </li>
        );
      })}
    </ol>
  );
}

/** The saved pipeline that the run was made from, as it stands now, its draft first; undefined for a run without one. */
function usePresentPipeline(run: RunView) {
  const pipelineId = run.pipeline_id;
  return useQuery({
    queryKey: ["pipelines", pipelineId, "present"],
    queryFn: ({ signal }) =>
      call<{ document: Pipeline; draft?: { document: Pipeline } | null }>(
        `/pipelines/${encodeURIComponent(pipelineId ?? "")}`,
        { signal },
      ),
    select: (saved) => saved.draft?.document ?? saved.document,
    enabled: pipelineId != null,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
}
