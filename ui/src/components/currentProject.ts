import { chosenOf, useChosenProject } from "@/api/currentProject";
import { useProjects } from "@/api/queries";
import type { Project } from "@/api/types";

export interface CurrentProject {
  /** Its id, also while the projects are still on their way. */
  projectId: string;
  /** Undefined until the projects are known. */
  project: Project | undefined;
  /** Makes another project the current one, and remembers it. */
  choose: (projectId: string) => void;
}

/** The project that the window works in. */
export function useCurrentProject(): CurrentProject {
  const { id, choose } = useChosenProject();
  const project = chosenOf(useProjects().data ?? [], id);
  return { projectId: project?.id ?? id, project, choose };
}
