import { PencilLine, RotateCcw } from "lucide-react";
import { useState } from "react";
import { canRerunFrom, type StepPhase, type StepState } from "@/api/runView";
import type { Artifact } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { Segmented } from "@/components/Choice";
import { CopyButton } from "@/components/CopyButton";
import { formatCount, formatRate } from "@/components/format";
import { OutputText } from "@/components/OutputText";
import { RoleChip } from "@/components/RoleChip";
import { m } from "@/paraglide/messages.js";
import { ApprovePanel } from "./ApprovePanel";
import { useRunScope } from "./context";
import { awaitedStep, canEditOutput, isWithoutModel } from "./held";
import { OutputEditor } from "./OutputEditor";
import { phaseText, stepRate } from "./phase";
import { ReadView } from "./ReadView";
import type { StepDetailProps } from "./StepDetail";
import { StepNotices } from "./StepNotices";
import { StepProgress } from "./StepProgress";

type View = "output" | "read" | "prompt" | "original";

interface StepPaneProps extends StepDetailProps {
  /** The user's text while the output is being edited. */
  draft: string | null;
  onDraft: (text: string | null) => void;
}

/** What one step wrote, or the exact prompt that it got. */
export function StepPane(props: StepPaneProps) {
  const { step, state, phase, marks, draft, onDraft } = props;
  const { run, onRerun, rerunning } = useRunScope();
  const [view, setView] = useState<View>("output");
  const original = step.original_result;
  const shown: View = view === "original" && original == null ? "output" : view;
  const awaited = awaitedStep(run)?.position === step.position && canEditOutput(run, step);
  const editing = draft !== null;
  const text = shown === "prompt" ? step.prompt : shown === "original" ? (original ?? "") : step.result;
  const joined = isWithoutModel(run, step);
  const rerun = canRerunFrom(run, step) && (
    <Button
      small
      icon={RotateCcw}
      busy={rerunning}
      title={m.rerun_from_hint()}
      onClick={() => onRerun(step.step_name)}
      data-testid="rerun-from"
    >
      {m.rerun_from_here()}
    </Button>
  );
  return (
    <section className="pane step-pane" aria-label={step.step_name}>
      <header className="pane-head">
        <Segmented<View>
          label={m.show()}
          value={shown}
          onChange={setView}
          options={[
            { value: "output", label: m.output() },
            { value: "read", label: m.output_read() },
            { value: "prompt", label: m.prompt() },
            ...(original == null ? [] : [{ value: "original" as const, label: m.output_original() }]),
          ]}
        />
        <span className="spacer" />
        {state !== "RUNNING" && <StepFacts {...props} />}
        {canEditOutput(run, step) && !awaited && !editing && (
          <IconButton
            icon={PencilLine}
            label={m.output_edit()}
            onClick={() => onDraft(step.result)}
            data-testid="output-edit"
          />
        )}
        <CopyButton text={text} label={shown === "prompt" ? m.copy_prompt() : m.copy_output()} />
      </header>
      <div className="pane-sub">
        <RoleChip
          role={step.model_type}
          model={step.model && !joined ? { ...step.model, simulated: step.simulated } : null}
        />
        {joined && <span className="role-model">{m.without_model()}</span>}
        <span className="step-seed" data-testid="step-seed">
          {m.step_seed({ seed: String(step.seed) })}
          <CopyButton text={String(step.seed)} label={m.copy_seed()} />
        </span>
        <span className="spacer" />
        {step.status !== "FAILED" && rerun}
      </div>
      {state === "RUNNING" && <StepProgress run={run} step={step} phase={phase} marks={marks} />}
      <StepNotices
        step={step}
        state={state}
        rerun={rerun}
        onOriginal={original == null || shown === "original" ? undefined : () => setView("original")}
      />
      {awaited && !editing && <ApprovePanel step={step} onEdit={() => onDraft(step.result)} />}
      {editing ? (
        <OutputEditor step={step} draft={draft} approves={awaited} onDraft={onDraft} />
      ) : (
        <StepText
          text={text}
          view={shown}
          state={state}
          phase={phase}
          name={step.step_name}
          artifacts={step.artifacts}
        />
      )}
    </section>
  );
}

interface StepTextProps {
  text: string;
  view: View;
  state: StepState;
  phase: StepPhase | undefined;
  name: string;
  artifacts: Artifact[];
}

function StepText({ text, view, state, phase, name, artifacts }: StepTextProps) {
  const testId = view === "prompt" ? "step-prompt" : view === "original" ? "step-original" : "step-output";
  if (text === "")
    return (
      <p className="pane-empty" data-testid={testId}>
        {view === "prompt" ? m.prompt_not_yet() : emptyText(state, phase)}
      </p>
    );
  if (view === "read")
    return <ReadView text={text} stepName={name} label={m.step_output({ name })} artifacts={artifacts} />;
  return (
    <OutputText
      key={view}
      text={text}
      streaming={state === "RUNNING" && view === "output"}
      label={view === "prompt" ? m.prompt_of({ name }) : m.step_output({ name })}
      testId={testId}
    />
  );
}

function emptyText(state: StepState, phase: StepPhase | undefined): string {
  if (state === "RUNNING") return phaseText(phase);
  if (state === "PENDING") return m.output_not_yet();
  return m.output_empty();
}

function StepFacts({ step }: StepDetailProps) {
  const rate = stepRate(step);
  if (!step.timings || rate === undefined) return null;
  return (
    <span className="pane-facts">
      {m.tokens_count({ count: formatCount(step.timings.generated_tokens) })} ·{" "}
      {m.rate({ rate: formatRate(rate) })}
    </span>
  );
}
