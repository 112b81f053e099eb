// The names that a prompt may use.
import type { Pipeline } from "@/api/types";
import { contextPaths } from "@/components/contextRows";

/** Names known to the prompt at `position`: all contexts up to its own, and what the steps before it leave behind. */
export function knownVariables(pipeline: Pipeline, position: number): string[] {
  const contexts = pipeline.steps.slice(0, position + 1).map((step) => step.context);
  const earlier = Array.from({ length: position }, (_, index) => [
    `step_${index}_output`,
    `step_${index}_artifacts`,
  ]);
  return [
    ...new Set(
      [pipeline.global_context, ...contexts]
        .flatMap((context) => contextPaths(context))
        .concat(earlier.flat()),
    ),
  ];
}
