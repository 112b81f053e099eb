import { CopyPlus, Download, FileUp, History, LayoutGrid, MoreHorizontal, Save } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { design } from "@/api/design";
import { ActionMenu, type MenuAction } from "@/components/ActionMenu";
import { useCommands } from "@/components/commands";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { documents, useDocument } from "../document";
import { useDraft } from "../draft";
import { chooseAndImport, exportPipeline } from "./files";
import { SaveVersion } from "./SaveVersion";
import { VersionsPanel } from "./VersionsPanel";

/** What can be done with the whole document, as a menu and as commands. */
export function DocumentMenu() {
  const [dialog, setDialog] = useState<"save" | "versions" | null>(null);
  const pipeline = useDraft((draft) => draft.pipeline);
  const choose = useDraft((draft) => draft.choose);
  const { id, state } = useDocument();
  const actions: (MenuAction & { keys?: string })[] = [
    {
      id: "save",
      label: m.doc_save_version(),
      icon: Save,
      keys: "mod+s",
      disabled: !pipeline || state === "conflict",
      run: () => setDialog("save"),
    },
    {
      id: "versions",
      label: m.doc_versions(),
      icon: History,
      keys: "mod+shift+h",
      disabled: id === null,
      run: () => setDialog("versions"),
    },
    {
      id: "duplicate",
      label: m.doc_duplicate(),
      icon: CopyPlus,
      disabled: !pipeline,
      run: () => void duplicate(),
    },
    { id: "new", label: m.doc_new(), icon: LayoutGrid, run: () => choose(true) },
    { id: "import", label: m.doc_import(), icon: FileUp, keys: "mod+o", run: () => void chooseAndImport() },
    {
      id: "export",
      label: m.doc_export(),
      icon: Download,
      keys: "mod+shift+s",
      disabled: !pipeline,
      run: () => pipeline && void exportPipeline(pipeline),
    },
  ];
  useCommands(
    actions.map(({ id: name, label, keys, disabled, run }) => ({
      id: `document.${name}`,
      title: label,
      group: "here",
      keys,
      disabled,
      run,
    })),
  );
  return (
    <>
      <ActionMenu label={m.doc_menu()} icon={MoreHorizontal} actions={actions} testId="document-menu" />
      {dialog === "save" && <SaveVersion onClose={() => setDialog(null)} />}
      {dialog === "versions" && id !== null && (
        <VersionsPanel pipelineId={id} onClose={() => setDialog(null)} />
      )}
    </>
  );
}

/** Opens a copy of what is on the screen; the original stays as it is. */
async function duplicate(): Promise<void> {
  const { pipeline } = useDraft.getState();
  if (!pipeline) return;
  const name = m.doc_copy_name({ name: pipeline.name });
  try {
    await documents.flush();
    const { id, projectId } = documents.state();
    if (id === null) return documents.create({ ...structuredClone(pipeline), name });
    const copy = await design.copyPipeline(id, { name, ...(projectId && { project_id: projectId }) });
    await documents.openDocument(copy.id);
    toast(m.doc_duplicated({ name }));
  } catch (error) {
    toast.error(m.doc_duplicate_failed(), { description: errorText(error) });
  }
}
