import { Menu } from "@base-ui/react/menu";
import { Check, ChevronsUpDown, FolderPlus, Pencil } from "lucide-react";
import { useState } from "react";
import { useProjects } from "@/api/queries";
import type { Project } from "@/api/types";
import { useCommands } from "@/components/commands";
import { useCurrentProject } from "@/components/currentProject";
import { Mark } from "@/components/Mark";
import { projectName } from "@/components/projectName";
import { m } from "@/paraglide/messages.js";
import { ProjectSheet } from "./ProjectSheet";

/** The current project at the top of the rail, and the way to the others. */
export function ProjectSwitcher() {
  const projects = useProjects().data ?? [];
  const { project, choose } = useCurrentProject();
  // A project that is changed, or `new` for one that is made.
  const [editing, setEditing] = useState<Project | "new" | null>(null);
  useCommands([
    { id: "project.new", title: m.project_new(), group: "go", run: () => setEditing("new") },
    {
      id: "project.edit",
      title: m.project_edit(),
      group: "settings",
      disabled: !project,
      run: () => project && setEditing(project),
    },
    ...projects
      .filter((one) => one.id !== project?.id)
      .map((one) => ({
        id: `project.choose.${one.id}`,
        title: m.project_switch({ name: projectName(one) }),
        group: "go" as const,
        run: () => choose(one.id),
      })),
  ]);
  const name = project ? projectName(project) : "Brickwork";
  return (
    <>
      <Menu.Root>
        <Menu.Trigger
          className="rail-project"
          data-testid="project-switcher"
          title={project && [name, project.folder].filter(Boolean).join("\n")}
        >
          <Mark />
          <span className="rail-text">
            <span className="sr-only">{m.project_current()} </span>
            <strong>{name}</strong>
            <small>{project?.folder ?? m.project_no_folder()}</small>
          </span>
          <ChevronsUpDown aria-hidden size={14} className="rail-text" />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className="popup-positioner" sideOffset={4} align="start">
            <Menu.Popup className="popup project-menu" data-testid="project-menu">
              <Menu.RadioGroup value={project?.id} onValueChange={choose} className="project-list">
                {projects.map((one) => (
                  <Menu.RadioItem
                    key={one.id}
                    value={one.id}
                    closeOnClick
                    className="popup-item"
                    data-testid={`project-option-${one.id}`}
                  >
                    <span className="popup-item-text">
                      <span className="cut">{projectName(one)}</span>
                      <small className="cut">{one.folder ?? m.project_no_folder()}</small>
                    </span>
                    <Menu.RadioItemIndicator className="popup-check">
                      <Check aria-hidden size={14} />
                    </Menu.RadioItemIndicator>
                  </Menu.RadioItem>
                ))}
              </Menu.RadioGroup>
              <Menu.Separator className="popup-separator" />
              <Menu.Item
                className="popup-item"
                disabled={!project}
                data-testid="project-edit"
                onClick={() => project && setEditing(project)}
              >
                <Pencil aria-hidden size={14} /> {m.project_edit()}
              </Menu.Item>
              <Menu.Item className="popup-item" data-testid="project-new" onClick={() => setEditing("new")}>
                <FolderPlus aria-hidden size={14} /> {m.project_new()}
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      {editing && (
        <ProjectSheet
          key={editing === "new" ? "new" : editing.id}
          project={editing === "new" ? undefined : editing}
          onClose={() => setEditing(null)}
          onSaved={(saved) => choose(saved.id)}
        />
      )}
    </>
  );
}
