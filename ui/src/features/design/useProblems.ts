import { useEffect, useState } from "react";
import { useValidation } from "@/api/queries";
import type { Diagnostic, Pipeline } from "@/api/types";

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

/** What the router finds in the draft, checked as the user types. */
export function useProblems(pipeline: Pipeline): Problems {
  const [settled, setSettled] = useState(pipeline);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(pipeline), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [pipeline]);
  const { data, isFetching, isError } = useValidation(settled);
  const diagnostics = data?.diagnostics ?? [];
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  return {
    diagnostics,
    errors,
    warnings: diagnostics.length - errors,
    checking: isFetching || settled !== pipeline,
    unknown: isError,
  };
}
