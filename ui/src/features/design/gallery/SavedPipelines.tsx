import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CopyPlus, MoreHorizontal, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { design, type PipelineSummary } from "@/api/design";
import { ActionMenu } from "@/components/ActionMenu";
import { Button } from "@/components/Button";
import { useCurrentProject } from "@/components/currentProject";
import { formatStamp } from "@/components/format";
import { RoleIcon } from "@/components/RoleChip";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { useDocument } from "../document";
import { useDraft } from "../draft";
import { deletePipeline, useDeletions } from "./deletions";
import { RenamePipeline } from "./RenamePipeline";

/** Pipelines that are listed before the user asks for all. */
const FIRST = 6;

/** The project's saved pipelines, the last changed first. */
export function SavedPipelines({ search }: { search: string }) {
  const { projectId } = useCurrentProject();
  const deleted = useDeletions((state) => state.ids);
  const [all, setAll] = useState(false);
  const list = useQuery({
    queryKey: ["pipelines", projectId],
    queryFn: ({ signal }) => design.pipelines(projectId, signal),
    select: (data) => data.pipelines,
    refetchOnMount: "always",
  });
  const words = search.toLowerCase();
  const found = (list.data ?? []).filter(
    ({ id, name, description }) =>
      !deleted.includes(id) && `${name} ${description ?? ""}`.toLowerCase().includes(words),
  );
  if (list.isPending) return <Skeleton rows={2} />;
  if (list.isError)
    return <ErrorPanel title={m.gal_saved_failed()} error={list.error} onRetry={() => list.refetch()} />;
  if (found.length === 0)
    return <p className="hint">{search === "" ? m.gal_saved_empty() : m.gal_no_saved()}</p>;
  const shown = all || search !== "" ? found : found.slice(0, FIRST);
  return (
    <>
      <ul className="saved-list" data-testid="saved-pipelines">
        {shown.map((summary) => (
          <SavedRow key={summary.id} summary={summary} />
        ))}
      </ul>
      {shown.length < found.length && (
        <Button small look="ghost" onClick={() => setAll(true)}>
          {m.gal_show_all({ count: found.length })}
        </Button>
      )}
    </>
  );
}

function SavedRow({ summary }: { summary: PipelineSummary }) {
  const { id, name, description, total_steps, updated_at, draft_saved_at, roles = [] } = summary;
  const { openDocument } = useDocument();
  const queries = useQueryClient();
  const [renaming, setRenaming] = useState(false);
  const refresh = () => void queries.invalidateQueries({ queryKey: ["pipelines"] });
  const open = useMutation({
    mutationFn: () => openDocument(id),
    onSuccess: () => useDraft.getState().choose(false),
    onError: (error) => toast.error(m.gal_open_failed({ name }), { description: errorText(error) }),
  });
  const copy = useMutation({
    mutationFn: () => design.copyPipeline(id, { name: m.doc_copy_name({ name }) }),
    onSuccess: refresh,
    onError: (error) => toast.error(m.doc_duplicate_failed(), { description: errorText(error) }),
  });
  return (
    <li className="saved-row">
      <button
        type="button"
        className="saved-main"
        aria-busy={open.isPending}
        data-testid={`open-${id}`}
        onClick={() => open.mutate()}
      >
        <span className="saved-name">
          <strong>{name}</strong>
          {draft_saved_at && <span className="badge">{m.gal_draft()}</span>}
        </span>
        {description && <span className="saved-text">{description}</span>}
        <span className="saved-foot">
          <Roles roles={roles} /> {m.steps_count({ count: total_steps })} ·{" "}
          {formatStamp(draft_saved_at ?? updated_at)}
        </span>
      </button>
      <ActionMenu
        label={m.gal_actions({ name })}
        icon={MoreHorizontal}
        testId={`saved-menu-${id}`}
        actions={[
          { id: "rename", label: m.gal_rename(), icon: Pencil, run: () => setRenaming(true) },
          { id: "duplicate", label: m.gal_duplicate(), icon: CopyPlus, run: () => copy.mutate() },
          {
            id: "delete",
            label: m.gal_delete(),
            icon: Trash2,
            danger: true,
            run: () => deletePipeline(id, name, refresh),
          },
        ]}
      />
      {renaming && (
        <RenamePipeline
          id={id}
          name={name}
          onClose={() => {
            setRenaming(false);
            refresh();
          }}
        />
      )}
    </li>
  );
}

/** Roles that are shown; a longer row says how many more there are. */
const ROLES_MAX = 6;

function Roles({ roles }: { roles: PipelineSummary["roles"] & {} }) {
  const rest = roles.length - ROLES_MAX;
  return (
    <span className="saved-roles" role="img" aria-label={roles.join(", ")}>
      {roles.slice(0, ROLES_MAX).map((role, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a role may stand there several times.
        <RoleIcon key={index} role={role} size={11} />
      ))}
      {rest > 0 && <span>+{rest}</span>}
    </span>
  );
}
