import type { Pipeline } from "@/api/types";
import { documents } from "./document";

/** Opens a pipeline that comes from outside the designer, such as a run's. What was open stays among the saved pipelines. */
export function openPipeline(pipeline: Pipeline, options: { keep?: boolean; runId?: string } = {}): void {
  documents.create(structuredClone(pipeline), options);
}
