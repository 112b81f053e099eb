// A pipeline as one JSON file: its name, its text, and the dialogs.
import { toast } from "sonner";
import { chooseTextFile, saveText } from "@/api/desktop";
import type { Pipeline } from "@/api/types";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { importPipeline } from "../importPipeline";

/** The file's text. The project is left out: its id means something on this machine only. */
export function exportText(pipeline: Pipeline): string {
  const { project_id: _, ...rest } = pipeline;
  return `${JSON.stringify(rest, null, 2)}\n`;
}

/** A file name that every system takes. */
export function exportName(name: string): string {
  const stem = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return `${stem || "pipeline"}.json`;
}

export async function exportPipeline(pipeline: Pipeline): Promise<void> {
  try {
    const path = await saveText(m.doc_export_title(), exportName(pipeline.name), exportText(pipeline));
    if (path) toast.success(m.doc_exported({ path }));
  } catch (error) {
    toast.error(m.doc_export_failed(), { description: errorText(error) });
  }
}

/** Asks for a file and opens the pipeline in it. */
export async function chooseAndImport(): Promise<void> {
  try {
    const file = await chooseTextFile(m.doc_import_title(), "json");
    if (file) importPipeline(file.text, file.name);
  } catch (error) {
    toast.error(m.import_refused({ name: "" }), { description: errorText(error) });
  }
}
