// What the latest run of this document does with each step, told in as little as a node shows. Kept by step name, since steps may have
// moved since the run began, and told step by step, so that one that writes redraws its own node and no other.
import { useEffect } from "react";
import { create } from "zustand";
import { useLiveRun } from "@/api/liveRun";
import { allSteps, type LiveRun, type StepPhase, type StepState, stepState } from "@/api/runView";
import type { RunView, StepView } from "@/api/types";
import { type Said, stepFault } from "@/components/said/said";

export interface LiveStep {
  state: StepState;
  phase?: StepPhase;
  /** Tokens so far, or in the end. */
  tokens?: number;
  /** Tokens per second, now or over the whole step. */
  rate?: number;
  /** Of a finished step. */
  seconds?: number;
  artifacts: number;
  error?: Said;
}

interface Live {
  run: RunView | null;
  offline: boolean;
  /** By step name; the Assembler is `assembler`. */
  steps: Record<string, LiveStep>;
}

export const useLive = create<Live>()(() => ({ run: null, offline: false, steps: {} }));

export function liveSteps(live: LiveRun): Record<string, LiveStep> {
  return Object.fromEntries(
    allSteps(live.run).map((step) => {
      const name = step.position === live.run.assembler.position ? "assembler" : step.step_name;
      return [name, liveStep(live, step)];
    }),
  );
}

function liveStep(live: LiveRun, step: StepView): LiveStep {
  const state = stepState(live.run, step);
  const phase = state === "RUNNING" ? live.phases[step.position] : undefined;
  const ended = state === "SUCCESS" || state === "FAILED" || state === "CANCELLED";
  const made = step.timings?.generated_tokens;
  const overall =
    step.timings && step.timings.generate_ms > 0
      ? (step.timings.generated_tokens * 1000) / step.timings.generate_ms
      : undefined;
  return {
    state,
    artifacts: step.artifacts.length,
    ...(phase && { phase }),
    ...(phase?.kind === "writing" && { tokens: phase.generated, rate: phase.rate }),
    ...(ended && { tokens: made, rate: overall, seconds: step.execution_time }),
    ...(step.error && { error: stepFault(step) }),
  };
}

/** `next` with the old objects where nothing changed, so that what watches them stays still. */
function settled(old: Record<string, LiveStep>, next: Record<string, LiveStep>): Record<string, LiveStep> {
  const entries = Object.entries(next).map(([name, step]) => {
    const before = old[name];
    return [name, before && JSON.stringify(before) === JSON.stringify(step) ? before : step] as const;
  });
  return Object.fromEntries(entries);
}

/** Follows the run while it is shown. */
export function FollowRun({ runId }: { runId: string }) {
  const { live, offline = false } = useLiveRun(runId);
  useEffect(() => {
    if (live)
      useLive.setState(({ steps }) => ({ run: live.run, offline, steps: settled(steps, liveSteps(live)) }));
  }, [live, offline]);
  useEffect(() => () => useLive.setState({ run: null, offline: false, steps: {} }), []);
  return null;
}
