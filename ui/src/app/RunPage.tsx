import { useState } from "react";
import type { Pipeline } from "@/api/types";
import { openPipeline } from "@/features/design/openPipeline";
import { ExportSheet } from "@/features/export/ExportSheet";
import { RunScreen } from "@/features/run/RunScreen";

interface RunPageProps {
  runId: string;
  onOpenRun: (runId: string) => void;
  onDesign: () => void;
}

/** A run with the export that it leads to. */
export function RunPage({ runId, onOpenRun, onDesign }: RunPageProps) {
  const [exporting, setExporting] = useState(false);
  function edit(pipeline: Pipeline) {
    openPipeline(pipeline);
    onDesign();
  }
  return (
    <>
      <RunScreen runId={runId} onEdit={edit} onOpenRun={onOpenRun} onExport={() => setExporting(true)} />
      {exporting && <ExportSheet runId={runId} onClose={() => setExporting(false)} />}
    </>
  );
}
