import { FolderCheck } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { api } from "@/api/client";
import { type Dropped, onDropped } from "@/api/desktop";
import { useSaveProject } from "@/api/library";
import type { Context } from "@/api/types";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useCurrentProject } from "@/components/currentProject";
import { projectName } from "@/components/projectName";
import { errorText } from "@/components/States";
import { beginImport } from "@/features/models/view";
import { m } from "@/paraglide/messages.js";

interface DropsProps {
  /** A dropped pipeline was opened. */
  onDesign: () => void;
  onOpenRun: (runId: string) => void;
  onModels: () => void;
}

/** What becomes of files that are dragged onto the window: each kind does the one thing that it is for. */
export function Drops(props: DropsProps) {
  const [folder, setFolder] = useState<string | null>(null);
  const take = useRef<(items: Dropped[]) => void>(() => {});
  take.current = (items) => {
    const [first] = items;
    if (!first) return;
    if (items.length > 1) toast(m.drop_one_at_a_time({ name: first.name }));
    switch (first.kind) {
      case "pipeline":
        return void openPipelineOf(first, props.onDesign);
      case "manifest":
        return void openRunOf(first, props);
      case "folder":
        return first.path ? setFolder(first.path) : explain(m.drop_folder_in_browser());
      case "model":
        if (first.path) {
          beginImport(first.path);
          return props.onModels();
        }
        return void toast(m.drop_model({ name: first.name }), {
          description: m.drop_model_in_browser(),
          action: { label: m.drop_model_open(), onClick: props.onModels },
        });
      default:
        return explain(m.drop_other({ name: first.name }));
    }
  };
  useEffect(() => onDropped((items) => take.current(items)), []);
  return folder === null ? null : <FolderQuestion folder={folder} onClose={() => setFolder(null)} />;
}

const explain = (title: string) => void toast(title, { description: m.drop_what() });

async function openPipelineOf({ name, text = "" }: Dropped, onDesign: () => void): Promise<void> {
  try {
    const { importPipeline } = await import("@/features/design/importPipeline");
    if (importPipeline(text, name)) onDesign();
  } catch (error) {
    toast.error(m.part_failed(), { description: errorText(error) });
  }
}

/** Opens the run that wrote the export, when this machine knows it; else the pipeline that the manifest holds. */
async function openRunOf(dropped: Dropped, { onOpenRun, onDesign }: DropsProps): Promise<void> {
  const { name, text = "" } = dropped;
  const { runId, pipeline } = manifestOf(text);
  if (runId === undefined) return explain(m.drop_manifest_broken({ name }));
  try {
    await api.run(runId);
    onOpenRun(runId);
  } catch (error) {
    if (pipeline) return openPipelineOf({ ...dropped, text: JSON.stringify(pipeline) }, onDesign);
    toast.error(m.drop_manifest_unknown({ name }), { description: errorText(error) });
  }
}

function manifestOf(manifest: string): { runId?: string; pipeline?: object } {
  try {
    const { run_id, pipeline_document } = JSON.parse(manifest) as { run_id?: unknown; pipeline_document?: unknown };
    return {
      runId: typeof run_id === "string" ? run_id : undefined,
      pipeline: typeof pipeline_document === "object" && pipeline_document !== null ? pipeline_document : undefined,
    };
  } catch {
    return {};
  }
}

/** A folder becomes the current project's, from which its files are read and into which they are exported. */
function FolderQuestion({ folder, onClose }: { folder: string; onClose: () => void }) {
  const { project } = useCurrentProject();
  const save = useSaveProject();
  const name = project ? projectName(project) : "";
  return (
    <ConfirmDialog
      title={m.drop_folder_title({ project: name })}
      text={
        <>
          <p>
            <code className="breakable">{folder}</code>
          </p>
          <p>{project?.folder ? m.drop_folder_replaces({ folder: project.folder }) : m.drop_folder_text()}</p>
        </>
      }
      action={m.drop_folder_action()}
      look="primary"
      icon={FolderCheck}
      busy={save.isPending}
      onClose={onClose}
      onConfirm={() =>
        project &&
        save.mutate(
          {
            projectId: project.id,
            name: project.name,
            folder,
            global_context: project.global_context as Context,
          },
          {
            onSuccess: () => {
              toast.success(m.drop_folder_done({ project: name }));
              onClose();
            },
            onError: (error) => toast.error(m.project_save_failed(), { description: errorText(error) }),
          },
        )
      }
    />
  );
}
