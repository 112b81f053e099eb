import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FolderDown } from "lucide-react";
import { useEffect, useState } from "react";
import {
  type ExportPreview,
  exportOrder,
  type PastExport,
  useExportPreview,
  usePastExports,
  watchApi,
} from "@/api/watch";
import { Button } from "@/components/Button";
import { Sheet } from "@/components/Sheet";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { BranchField } from "./BranchField";
import { ExportDone } from "./ExportDone";
import { ExportUndone } from "./ExportUndone";
import { FolderField } from "./FolderField";
import { PastExports } from "./PastExports";
import { PlanList } from "./PlanList";
import { chosenNames, isWritable, overwrites, withoutName } from "./plan";
import { useZipSaving, ZipButton, ZipOutcome } from "./ZipButton";

const LAST_FOLDER = "brickwork.export-folder";

/** Writes a run's final files into a folder, after showing what that changes there. */
export function ExportSheet({ runId, onClose }: { runId: string; onClose: () => void }) {
  const [typed, setTyped] = useState(() => localStorage.getItem(LAST_FOLDER) ?? "");
  const [folder, setFolder] = useState(typed.trim());
  const [rename, setRename] = useState<Record<string, string>>({});
  const [picks, setPicks] = useState<Record<string, boolean>>({});
  const [branch, setBranch] = useState("");
  const [undone, setUndone] = useState<PastExport | null>(null);
  const queries = useQueryClient();
  useEffect(() => {
    const timer = setTimeout(() => setFolder(typed.trim()), 350);
    return () => clearTimeout(timer);
  }, [typed]);

  const plan = useExportPreview(runId, folder, rename);
  const past = usePastExports(runId);
  const zip = useZipSaving(runId);
  const names = plan.data ? chosenNames(plan.data, picks) : [];
  const write = useMutation({
    mutationFn: (ready: ExportPreview) =>
      watchApi.export(runId, {
        ...exportOrder(ready.folder, rename),
        include: names,
        overwrite: overwrites(ready, names),
        ...(ready.is_git && branch.trim() !== "" && { new_branch: branch.trim() }),
      }),
    onSuccess: () => {
      localStorage.setItem(LAST_FOLDER, folder);
      queries.invalidateQueries({ queryKey: ["exports", runId] });
    },
  });
  const choose = (path: string) => {
    setTyped(path);
    setFolder(path);
  };

  if (undone)
    return (
      <ExportUndone
        runId={runId}
        done={undone}
        onBack={() => {
          setUndone(null);
          write.reset();
        }}
        onClose={onClose}
      />
    );
  if (write.data) {
    const { export_id, folder: written, written: files } = write.data;
    return (
      <ExportDone
        result={write.data}
        onClose={onClose}
        onUndo={() =>
          setUndone({ export_id, folder: written, exported_at: "", files: files.length, undone: false })
        }
      />
    );
  }
  const ready = plan.data && folder === typed.trim() && !plan.isFetching ? plan.data : undefined;
  return (
    <Sheet
      open
      onClose={onClose}
      title={m.export_title()}
      text={m.export_text()}
      footer={
        <>
          <span className="hint">{plan.data && summary(plan.data)}</span>
          <span className="spacer" />
          <ZipButton runId={runId} saving={zip} />
          <Button onClick={onClose}>{m.close()}</Button>
          <Button
            look="primary"
            icon={FolderDown}
            busy={write.isPending}
            disabled={!ready || names.length === 0}
            data-testid="export-write"
            onClick={() => ready && write.mutate(ready)}
          >
            {m.write_files({ count: names.length })}
          </Button>
        </>
      }
    >
      <FolderField
        typed={typed}
        plan={plan.isError || folder === "" ? undefined : plan.data}
        onType={setTyped}
        onChoose={choose}
      />
      {plan.data?.is_git && folder !== "" && <BranchField name={branch} onName={setBranch} />}
      <ZipOutcome saving={zip} />
      {write.isError && <ErrorPanel title={m.export_failed()} error={write.error} />}
      {folder === "" ? (
        <p className="sheet-empty">{m.export_choose_first()}</p>
      ) : plan.isError && Object.keys(rename).length === 0 ? (
        <ErrorPanel title={m.export_plan_failed()} error={plan.error} onRetry={() => plan.refetch()} />
      ) : plan.data || plan.isError ? (
        <>
          {plan.isError && (
            <div className="notice notice-error" role="alert" data-testid="export-rename-failed">
              <span>
                <strong>{m.export_rename_failed()}</strong> {errorText(plan.error)}
              </span>
              <Button small onClick={() => setRename({})}>
                {m.export_rename_back()}
              </Button>
            </div>
          )}
          {plan.data && (
            <PlanList
              plan={plan.data}
              chosen={names}
              renamed={rename}
              onToggle={(name, on) => setPicks({ ...picks, [name]: on })}
              onRename={(from, to) => {
                setRename(to === from ? withoutName(rename, from) : { ...rename, [from]: to });
                // Wherever it goes now, whether it is written is asked anew.
                setPicks(withoutName(picks, from));
              }}
            />
          )}
        </>
      ) : (
        <Skeleton rows={3} />
      )}
      <PastExports past={past.data ?? []} onUndo={setUndone} />
    </Sheet>
  );
}

function summary(plan: ExportPreview): string {
  const unwritable = plan.files.filter((file) => !isWritable(file.action)).length;
  return unwritable > 0 ? m.export_unwritable({ count: unwritable }) : "";
}
