import { useMutation } from "@tanstack/react-query";
import { FolderDown, FolderOpen } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { api } from "@/api/client";
import { chooseFolder } from "@/api/desktop";
import { useExportPlan } from "@/api/queries";
import { isDesktop } from "@/api/transport";
import type { ExportPlan } from "@/api/types";
import { Button } from "@/components/Button";
import { Sheet } from "@/components/Sheet";
import { ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { ExportDone } from "./ExportDone";
import { PlanList } from "./PlanList";
import { chosenNames, isWritable, overwrites } from "./plan";

const LAST_FOLDER = "brickwork.export-folder";

/** Writes a run's final files into a folder, after showing what that changes there. */
export function ExportSheet({ runId, onClose }: { runId: string; onClose: () => void }) {
  const [typed, setTyped] = useState(() => localStorage.getItem(LAST_FOLDER) ?? "");
  const [folder, setFolder] = useState(typed.trim());
  useEffect(() => {
    const timer = setTimeout(() => setFolder(typed.trim()), 350);
    return () => clearTimeout(timer);
  }, [typed]);

  const plan = useExportPlan(runId, folder);
  const [picks, setPicks] = useState<Record<string, boolean>>({});
  const names = plan.data ? chosenNames(plan.data, picks) : [];
  const write = useMutation({
    mutationFn: (ready: ExportPlan) =>
      api.export(runId, { folder: ready.folder, include: names, overwrite: overwrites(ready, names) }),
    onSuccess: () => localStorage.setItem(LAST_FOLDER, folder),
  });

  async function choose() {
    try {
      const chosen = await chooseFolder(m.choose_folder_title());
      if (!chosen) return;
      setTyped(chosen);
      setFolder(chosen);
    } catch (error) {
      toast.error(m.choose_folder_failed(), { description: String(error) });
    }
  }

  const ready = plan.data && folder === typed.trim() && !plan.isFetching ? plan.data : undefined;
  if (write.data) return <ExportDone result={write.data} onClose={onClose} />;
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
      <div className="field">
        <span>{m.folder()}</span>
        <div className="folder-line">
          <input
            className="input mono"
            value={typed}
            placeholder={m.folder_placeholder()}
            aria-label={m.folder()}
            spellCheck={false}
            data-testid="export-folder"
            onChange={(event) => setTyped(event.target.value)}
          />
          {isDesktop() && (
            <Button icon={FolderOpen} onClick={choose} data-testid="export-choose">
              {m.choose_folder()}
            </Button>
          )}
        </div>
        {!isDesktop() && <p className="hint">{m.folder_elsewhere()}</p>}
      </div>
      {write.isError && <ErrorPanel title={m.export_failed()} error={write.error} />}
      {folder === "" ? (
        <p className="sheet-empty">{m.export_choose_first()}</p>
      ) : plan.isError ? (
        <ErrorPanel title={m.export_plan_failed()} error={plan.error} onRetry={() => plan.refetch()} />
      ) : plan.data ? (
        <PlanList
          plan={plan.data}
          chosen={names}
          onToggle={(name, on) => setPicks({ ...picks, [name]: on })}
        />
      ) : (
        <Skeleton rows={3} />
      )}
    </Sheet>
  );
}

function summary(plan: ExportPlan): string {
  const unwritable = plan.files.filter((file) => !isWritable(file.action)).length;
  return unwritable > 0 ? m.export_unwritable({ count: unwritable }) : "";
}
