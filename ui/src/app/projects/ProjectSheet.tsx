import { FolderOpen, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { DEFAULT_PROJECT } from "@/api/currentProject";
import { chooseFolder } from "@/api/desktop";
import { useSaveProject } from "@/api/library";
import { isDesktop } from "@/api/transport";
import type { Context, Project } from "@/api/types";
import { Button } from "@/components/Button";
import { ContextEditor } from "@/components/ContextEditor";
import { projectName } from "@/components/projectName";
import { Sheet } from "@/components/Sheet";
import { ErrorPanel, errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { DeleteProject } from "./DeleteProject";

interface ProjectSheetProps {
  /** Absent for a project that is to be made. */
  project?: Project;
  onClose: () => void;
  onSaved: (project: Project) => void;
}

/** A project's name, folder and context. Nothing is kept before it is saved. */
export function ProjectSheet({ project, onClose, onSaved }: ProjectSheetProps) {
  const [name, setName] = useState(project ? projectName(project) : "");
  const [folder, setFolder] = useState(project?.folder ?? "");
  const [context, setContext] = useState<Context>((project?.global_context ?? {}) as Context);
  const [deleting, setDeleting] = useState(false);
  const save = useSaveProject();

  function submit(event: FormEvent) {
    event.preventDefault();
    // The default project keeps its own name in the database until the user gives it another.
    const kept = project && name.trim() === projectName(project) ? project.name : name.trim();
    save.mutate(
      { projectId: project?.id, name: kept, folder: folder.trim() || null, global_context: context },
      {
        onSuccess: (saved) => {
          onSaved(saved);
          onClose();
        },
      },
    );
  }
  async function choose() {
    try {
      const chosen = await chooseFolder(m.project_choose_folder());
      if (chosen) setFolder(chosen);
    } catch (error) {
      toast.error(m.choose_folder_failed(), { description: errorText(error) });
    }
  }
  return (
    <Sheet
      open
      onClose={onClose}
      title={project ? m.project_edit() : m.project_new()}
      text={m.project_text()}
      footer={
        <>
          {project && project.id !== DEFAULT_PROJECT && (
            <Button
              look="danger"
              icon={Trash2}
              data-testid="project-delete"
              onClick={() => setDeleting(true)}
            >
              {m.project_delete()}
            </Button>
          )}
          <span className="spacer" />
          <Button onClick={onClose}>{m.cancel()}</Button>
          <Button
            type="submit"
            form="project-form"
            look="primary"
            busy={save.isPending}
            disabled={name.trim() === ""}
            data-testid="project-save"
          >
            {project ? m.project_save() : m.project_create()}
          </Button>
        </>
      }
    >
      <form id="project-form" className="project-form" onSubmit={submit} data-testid="project-form">
        {save.isError && <ErrorPanel title={m.project_save_failed()} error={save.error} />}
        <label className="field">
          <span>{m.project_name()}</span>
          <input
            className="input"
            value={name}
            maxLength={200}
            required
            data-testid="project-name"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <div className="field">
          <label htmlFor="project-folder">{m.project_folder()}</label>
          <div className="folder-line">
            <input
              id="project-folder"
              className="input mono"
              value={folder}
              placeholder={m.folder_placeholder()}
              spellCheck={false}
              aria-describedby="project-folder-hint"
              data-testid="project-folder"
              onChange={(event) => setFolder(event.target.value)}
            />
            {isDesktop() && (
              <Button icon={FolderOpen} onClick={choose} data-testid="project-choose-folder">
                {m.choose_folder()}
              </Button>
            )}
          </div>
          <p className="hint" id="project-folder-hint">
            {isDesktop() ? m.project_folder_hint() : `${m.project_folder_hint()} ${m.folder_elsewhere()}`}
          </p>
        </div>
        <div className="field">
          <h3>{m.project_context()}</h3>
          <p className="hint">{m.project_context_hint()}</p>
          <ContextEditor value={context} onChange={setContext} label={m.project_context()} />
        </div>
      </form>
      {deleting && project && (
        <DeleteProject project={project} onClose={() => setDeleting(false)} onDeleted={onClose} />
      )}
    </Sheet>
  );
}
