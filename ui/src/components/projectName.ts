import { DEFAULT_PROJECT, useProjects } from "@/api/queries";
import type { Project } from "@/api/types";
import { m } from "@/paraglide/messages.js";

/** The project's name; the one that every database has keeps its English name there until the user gives it another. */
export function projectName({ id, name }: Pick<Project, "id" | "name">): string {
  return id === DEFAULT_PROJECT && name === "Default project" ? m.project_default() : name;
}

/** Names the project of a run; with a single project there is nothing to tell apart, so nothing is answered. */
export function useProjectNames(): (projectId: string) => string | undefined {
  const projects = useProjects().data ?? [];
  return (projectId) => {
    const project = projects.length > 1 && projects.find((one) => one.id === projectId);
    return project ? projectName(project) : undefined;
  };
}
