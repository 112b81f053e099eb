import { useQuery } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { toast } from "sonner";
import { DEFAULT_PROJECT } from "@/api/currentProject";
import { library, useDeleteProject } from "@/api/library";
import type { Project } from "@/api/types";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useCurrentProject } from "@/components/currentProject";
import { formatCount } from "@/components/format";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

interface DeleteProjectProps {
  project: Project;
  onClose: () => void;
  onDeleted: () => void;
}

/** Asks before a project goes, and says what goes with it. */
export function DeleteProject({ project, onClose, onDeleted }: DeleteProjectProps) {
  const { projectId, choose } = useCurrentProject();
  const remove = useDeleteProject();
  const runs = useQuery({
    queryKey: ["runs", "count", project.id],
    queryFn: ({ signal }) => library.runs({ project_id: project.id }, { limit: 1, count: true }, signal),
    select: (page) => page.total ?? page.runs.length,
  });
  const count = runs.data ?? 0;
  return (
    <ConfirmDialog
      title={m.project_delete_title({ name: project.name })}
      text={
        <>
          <p>{runs.isPending ? m.loading() : m.project_delete_text({ count, shown: formatCount(count) })}</p>
          <p>{m.project_delete_kept()}</p>
        </>
      }
      action={m.project_delete()}
      icon={Trash2}
      busy={remove.isPending || runs.isPending}
      onClose={onClose}
      onConfirm={() =>
        remove.mutate(
          { projectId: project.id, withContent: true },
          {
            onSuccess: () => {
              if (projectId === project.id) choose(DEFAULT_PROJECT);
              onClose();
              onDeleted();
            },
            onError: (error) => toast.error(m.project_delete_failed(), { description: errorText(error) }),
          },
        )
      }
    />
  );
}
