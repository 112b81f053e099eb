import { useQueryClient } from "@tanstack/react-query";
import { Folder, FolderOpen } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { chooseFolder } from "@/api/desktop";
import { useSaveProject } from "@/api/library";
import { isDesktop } from "@/api/transport";
import type { Context } from "@/api/types";
import { Button } from "@/components/Button";
import { useCurrentProject } from "@/components/currentProject";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** The folder that patterns are looked up in, and the way to link one. */
export function ProjectFolder({ folder, needed }: { folder: string | null; needed: boolean }) {
  const { link, busy } = useLinkFolder();
  const [path, setPath] = useState("");
  if (folder)
    return (
      <p className="folder-line" title={folder}>
        <Folder aria-hidden size={14} /> <span className="mono">{folder}</span>
      </p>
    );
  async function choose() {
    const chosen = await chooseFolder(m.insp_folder_title()).catch(() => {
      toast.error(m.choose_folder_failed());
      return null;
    });
    if (chosen) link(chosen);
  }
  return (
    <div className={needed ? "folder-missing folder-needed" : "folder-missing"}>
      <p>{needed ? m.insp_folder_needed() : m.insp_folder_none()}</p>
      {isDesktop() ? (
        <Button small icon={FolderOpen} busy={busy} onClick={choose} data-testid="link-folder">
          {m.insp_folder_choose()}
        </Button>
      ) : (
        <form
          className="pattern-add"
          onSubmit={(event) => {
            event.preventDefault();
            if (path.trim() !== "") link(path.trim());
          }}
        >
          <input
            className="input mono"
            value={path}
            placeholder={m.folder_placeholder()}
            aria-label={m.folder()}
            data-testid="folder-path"
            onChange={(event) => setPath(event.target.value)}
          />
          <button type="submit" className="button button-default button-small" disabled={path.trim() === ""}>
            {m.insp_folder_link()}
          </button>
        </form>
      )}
    </div>
  );
}

/** Makes a folder the project's; its other fields stay as they are. */
function useLinkFolder(): { link: (folder: string) => void; busy: boolean } {
  const { project } = useCurrentProject();
  const queries = useQueryClient();
  const save = useSaveProject();
  const link = (folder: string) =>
    project &&
    save.mutate(
      {
        projectId: project.id,
        name: project.name,
        folder,
        global_context: project.global_context as Context,
      },
      {
        onSuccess: () => queries.invalidateQueries({ queryKey: ["validate"] }),
        onError: (error) => toast.error(m.insp_folder_failed(), { description: errorText(error) }),
      },
    );
  return { link, busy: save.isPending || !project };
}
