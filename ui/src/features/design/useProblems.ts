import { useMemo } from "react";
import { useValidation } from "@/api/queries";
import type { Diagnostic, Pipeline } from "@/api/types";
import { useCurrentProject } from "@/components/currentProject";
import { useSettled } from "@/components/useSettled";
import { useBudgetState } from "./budget";
import { budgetProblems } from "./budgetProblems";

export interface Problems {
  diagnostics: Diagnostic[];
  errors: number;
  warnings: number;
  /** The draft changed since the last answer. */
  checking: boolean;
  /** The router did not answer, so nothing is known. */
  unknown: boolean;
}

/** Pause in ms after the last key before the pipeline is checked. */
const PAUSE_MS = 300;

/** What the router finds in the draft and what its token budget shows, checked as the user types. */
export function useProblems(pipeline: Pipeline): Problems {
  const settled = useSettled(pipeline, PAUSE_MS);
  const { projectId } = useCurrentProject();
  // Which files a step attaches, and which variables are known, depends on the project that it would run in.
  const asked = useMemo(() => ({ project_id: projectId, ...settled }), [projectId, settled]);
  const { data, isFetching, isError } = useValidation(asked);
  const answer = useBudgetState((state) => state.answer);
  const diagnostics = useMemo(
    () => [...(data?.diagnostics ?? []), ...budgetProblems(answer, pipeline)],
    [data, answer, pipeline],
  );
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  return {
    diagnostics,
    errors,
    warnings: diagnostics.length - errors,
    checking: isFetching || settled !== pipeline,
    unknown: isError,
  };
}
