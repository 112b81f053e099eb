// The token budget of the draft: what each step's prompt takes of its model's context window, counted by the model's own tokenizer.
// One request serves the whole window: whoever uses the budget asks for the same pipeline, and all read the same answer.
import { useEffect, useMemo } from "react";
import { create } from "zustand";
import { design, type PartKind, type PreviewModel, type PreviewView, type StepPreview } from "@/api/design";
import type { Pipeline } from "@/api/types";
import { useCurrentProject } from "@/components/currentProject";
import { useDocument } from "./document";
import { useDraft } from "./draft";

/** The size of one step's prompt in tokens. */
export interface StepBudget {
  /** What the prompt takes for certain; null while nothing can count it. */
  known: number | null;
  /** The most that outputs may add that do not exist yet. */
  unknown: number;
  /** What the step itself may write. */
  max: number;
  contextLength: number | null;
  /** The most that the model writes, where its window holds the prompt alone. */
  outputLimit: number | null;
  fits: boolean | null;
  /** The whole of what was answered about the step. */
  view: StepPreview;
}

export interface Budget {
  /** The budget of the step at a list position; the Assembler's is the number of steps. Undefined while unknown and for disabled steps. */
  step: (position: number) => StepBudget | undefined;
  /** The sums over all enabled steps and the Assembler. */
  totals: { prompt: number | null; max: number } | undefined;
  models: PreviewModel[];
  /** How often a model must be loaded for one run. */
  modelLoads: number | undefined;
  /** Step names in the order in which they would run, `assembler` last. */
  order: string[];
  /** The draft changed since the answer. */
  counting: boolean;
  /** Why nothing could be counted; the last answer stays beside it. */
  error: unknown;
}

interface BudgetState {
  answer: PreviewView | null;
  counting: boolean;
  error: unknown;
}
export const useBudgetState = create<BudgetState>()(() => ({ answer: null, counting: false, error: null }));

/** Pause in ms after the last edit before the prompts are counted. */
export const PAUSE_MS = 300;

interface Wanted {
  pipeline: Pipeline;
  projectId: string;
  runId: string | undefined;
}

let wanted: Wanted | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let asked: AbortController | undefined;

/** Counts the prompts of a pipeline after a pause; an answer that a later question has overtaken is ignored. */
export function askForBudget(next: Wanted): void {
  const same =
    wanted?.pipeline === next.pipeline && wanted.projectId === next.projectId && wanted.runId === next.runId;
  if (same && (timer !== undefined || asked)) return;
  wanted = next;
  asked?.abort();
  asked = undefined;
  clearTimeout(timer);
  useBudgetState.setState({ counting: true });
  timer = setTimeout(() => {
    timer = undefined;
    void ask(next);
  }, PAUSE_MS);
}

async function ask({ pipeline, projectId, runId }: Wanted): Promise<void> {
  const control = new AbortController();
  asked = control;
  try {
    const answer = await design.preview(
      projectId,
      { pipeline, ...(runId !== undefined && { run_id: runId }) },
      control.signal,
    );
    if (asked === control) useBudgetState.setState({ answer, counting: false, error: null });
  } catch (error) {
    if (asked === control) useBudgetState.setState({ counting: false, error });
  } finally {
    if (asked === control) asked = undefined;
  }
}

/** The budget of `pipeline`, counted anew while it is edited. */
export function useBudget(pipeline: Pipeline): Budget {
  const { projectId } = useCurrentProject();
  const { runId } = useDocument();
  const { answer, counting, error } = useBudgetState();
  useEffect(() => askForBudget({ pipeline, projectId, runId }), [pipeline, projectId, runId]);
  return useMemo(
    () => ({
      step: (position) => stepBudget(answer, pipeline, position),
      totals: answer
        ? { prompt: answer.total_prompt_tokens ?? null, max: answer.total_max_tokens }
        : undefined,
      models: answer?.models ?? [],
      modelLoads: answer?.model_loads,
      order: answer?.order ?? [],
      counting,
      error,
    }),
    [answer, pipeline, counting, error],
  );
}

/** The budget of one step of the draft, for what is shown many times and must not ask by itself. */
export function useStepBudget(position: number): StepBudget | undefined {
  const answer = useBudgetState((state) => state.answer);
  const pipeline = useDraft((draft) => draft.pipeline);
  return useMemo(
    () => (pipeline ? stepBudget(answer, pipeline, position) : undefined),
    [answer, pipeline, position],
  );
}

/** What `answer` says about the step at `position`. Steps are found by name, since positions may have changed since the question. */
export function stepBudget(
  answer: PreviewView | null,
  pipeline: Pipeline,
  position: number,
): StepBudget | undefined {
  if (!answer) return undefined;
  const step = pipeline.steps[position];
  if (!step && position !== pipeline.steps.length) return undefined;
  if (step?.enabled === false) return undefined;
  const named = step
    ? answer.steps.find((one) => one.step_name === step.step_name && one.model_type !== "Assembler")
    : answer.steps.find((one) => one.model_type === "Assembler");
  const view = named ?? renamed(answer, pipeline, position);
  if (!view) return undefined;
  return {
    known: view.known_tokens ?? null,
    unknown: view.unknown_tokens,
    max: view.max_tokens,
    contextLength: view.context_length ?? null,
    outputLimit: view.output_limit ?? null,
    fits: view.fits ?? null,
    view,
  };
}

/** The step at the same position when no other step of the draft has its name: it is being renamed. */
function renamed(answer: PreviewView, pipeline: Pipeline, position: number): StepPreview | undefined {
  const view = answer.steps.find((one) => one.position === position && one.model_type !== "Assembler");
  return view && !pipeline.steps.some((step) => step.step_name === view.step_name) ? view : undefined;
}

/** The shares of the window that the bar tells apart, in the order in which a prompt holds them. */
export const SHARES = ["system", "context", "files", "outputs", "instruction", "unknown", "max"] as const;
export type Share = (typeof SHARES)[number];

/** The share that a part of a prompt counts to. */
export const SHARE_OF: Record<PartKind, Share> = {
  system: "system",
  layout: "system",
  project_context: "context",
  context: "context",
  file: "files",
  output: "outputs",
  earlier: "outputs",
  charge: "instruction",
  instruction: "instruction",
};

export interface Shares {
  /** Tokens by share; those without any are left out. */
  tokens: { share: Share; tokens: number }[];
  /** Everything that the window holds together: what is known, what may come, and the longest output unless that has its own limit. */
  needed: number;
  /** What is left of the window; negative when it or the output does not fit, null when the window is unknown. */
  free: number | null;
}

/** How a step's window is filled. */
export function sharesOf(budget: StepBudget): Shares {
  const sums = new Map<Share, number>();
  const add = (share: Share, tokens: number) => sums.set(share, (sums.get(share) ?? 0) + tokens);
  for (const part of budget.view.parts) if (part.known) add(SHARE_OF[part.kind], part.tokens);
  add("unknown", budget.unknown);
  if (budget.outputLimit === null) add("max", budget.max);
  const counted = [...sums].reduce((sum, [share, tokens]) => (outside(share) ? sum : sum + tokens), 0);
  // The prompt as a whole is what counts; its parts, tokenised one by one, may differ from it by a few tokens.
  const rest = (budget.known ?? counted) - counted;
  if (rest !== 0) add("system", Math.max(rest, -(sums.get("system") ?? 0)));
  const inWindow = budget.outputLimit === null ? budget.max : 0;
  const needed = (budget.known ?? counted) + budget.unknown + inWindow;
  return {
    tokens: SHARES.flatMap((share) => {
      const tokens = sums.get(share) ?? 0;
      return tokens > 0 ? [{ share, tokens }] : [];
    }),
    needed,
    free: leftOf(budget, needed),
  };
}

/** What is left when `needed` tokens are in the window: of the window, or less than nothing of what the model writes. */
function leftOf({ contextLength, outputLimit, max }: StepBudget, needed: number): number | null {
  if (contextLength === null) return null;
  const left = contextLength - needed;
  const over = outputLimit === null ? 0 : Math.max(max - outputLimit, 0);
  return over > 0 ? Math.min(left, -over) : left;
}

const outside = (share: Share): boolean => share === "unknown" || share === "max";

/** The longest output that would fit; null when nothing is known, 0 or less when the prompt alone is too long. */
export function roomFor(budget: StepBudget): number | null {
  if (budget.contextLength === null || budget.known === null) return null;
  const room = budget.contextLength - budget.known - budget.unknown;
  return budget.outputLimit !== null && room >= 0 ? budget.outputLimit : room;
}
