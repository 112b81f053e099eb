import {
  Combine,
  Ellipsis,
  FilePlus2,
  FileType2,
  Pencil,
  PencilLine,
  RotateCcw,
  Scissors,
  Trash2,
  Undo2,
} from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import type { Artifact } from "@/api/types";
import { type ArtifactOperation, type ArtifactTarget, useEditArtifacts } from "@/api/watch";
import { ActionMenu } from "@/components/ActionMenu";
import { IconButton } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { classes } from "@/components/classes";
import { FileTree } from "@/components/FileTree";
import { plainText } from "@/components/hiddenCharacters";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { useRunScope } from "./context";
import { AddDialog, MergeDialog, RenameDialog, RetypeDialog } from "./FileDialogs";
import type { FileEdit } from "./FileForm";
import { type FilesProps, NoFiles } from "./Files";
import { FileView } from "./FileView";

/** What the user is about to do with the shown file. */
export type FileTask = "rename" | "retype" | "merge" | "add" | "split" | "edit";

/** Artifacts that can be renamed, joined, cut, rewritten and taken out; F2 renames. */
export function EditableFiles({
  title,
  artifacts,
  target,
  edited = false,
  waiting,
  none,
  wide = false,
}: FilesProps & { target: ArtifactTarget }) {
  const { run, onChanged } = useRunScope();
  const [chosen, setChosen] = useState<string | null>(null);
  const [task, setTask] = useState<FileTask | null>(null);
  const index = Math.max(
    0,
    artifacts.findIndex((artifact) => artifact.name === chosen),
  );
  const shown: Artifact | undefined = artifacts[index];
  const change = useEditArtifacts(run.run_id);
  const edit: FileEdit = {
    busy: change.isPending,
    error: change.error,
    send: (operation, done) =>
      change.mutate(
        { target, operation },
        {
          onSuccess: (next) => {
            onChanged(next);
            done();
          },
        },
      ),
  };
  /** Operations without a form tell their refusal in passing. */
  const apply = (operation: ArtifactOperation, told: string) =>
    change.mutate(
      { target, operation },
      {
        onSuccess: (next) => {
          onChanged(next);
          toast.success(told, { action: { label: m.undo(), onClick: undo } });
        },
        onError: (error) => toast.error(m.file_edit_failed(), { description: errorText(error) }),
      },
    );
  const undo = () =>
    change.mutate(
      { target, operation: { op: "undo" } },
      {
        onSuccess: onChanged,
        onError: (error) => toast.error(m.file_edit_failed(), { description: errorText(error) }),
      },
    );
  const begin = (next: FileTask) => {
    change.reset();
    setTask(next);
  };
  const end = (name?: string) => {
    setTask(null);
    if (name !== undefined) setChosen(name);
  };

  return (
    <section
      className={classes("pane files", wide && "files-wide")}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== "F2" || !shown || task) return;
        event.preventDefault();
        begin("rename");
      }}
    >
      <header className="pane-head">
        <h2 className="pane-title">{title}</h2>
        {artifacts.length > 0 && <span className="count">{artifacts.length}</span>}
        {edited && (
          <span className="badge badge-edited" data-testid="files-edited">
            {m.edited()}
          </span>
        )}
        <span className="spacer" />
        {shown && (
          <>
            <IconButton
              icon={Pencil}
              label={m.file_rename()}
              keys="F2"
              onClick={() => begin("rename")}
              data-testid="file-rename"
            />
            <CopyButton text={shown.content} label={m.copy_file({ name: plainText(shown.name) })} />
          </>
        )}
        <ActionMenu
          label={m.file_actions()}
          icon={Ellipsis}
          testId="file-menu"
          actions={[
            ...(shown
              ? [
                  { id: "edit", label: m.file_edit(), icon: PencilLine, run: () => begin("edit") },
                  { id: "retype", label: m.file_retype(), icon: FileType2, run: () => begin("retype") },
                  {
                    id: "merge",
                    label: m.file_merge(),
                    icon: Combine,
                    disabled: artifacts.length < 2,
                    run: () => begin("merge"),
                  },
                  { id: "split", label: m.file_split(), icon: Scissors, run: () => begin("split") },
                ]
              : []),
            { id: "add", label: m.file_add(), icon: FilePlus2, run: () => begin("add") },
            { id: "undo", label: m.file_undo(), icon: Undo2, disabled: !edited, run: undo },
            {
              id: "reset",
              label: m.file_reset(),
              icon: RotateCcw,
              disabled: !edited,
              run: () => apply({ op: "reset" }, m.file_reset_done()),
            },
            ...(shown
              ? [
                  {
                    id: "remove",
                    label: m.file_remove(),
                    icon: Trash2,
                    danger: true,
                    run: () =>
                      apply({ op: "remove", index }, m.file_removed({ name: plainText(shown.name) })),
                  },
                ]
              : []),
          ]}
        />
      </header>
      {shown ? (
        <div className="files-body">
          <FileTree artifacts={artifacts} shown={shown} onShow={setChosen} />
          <FileView
            key={shown.name}
            index={index}
            artifact={shown}
            target={target}
            task={task}
            edit={edit}
            onEnd={end}
          />
        </div>
      ) : (
        <NoFiles waiting={waiting} none={none} />
      )}
      {shown && task === "rename" && (
        <RenameDialog index={index} artifact={shown} edit={edit} onClose={end} />
      )}
      {shown && task === "retype" && (
        <RetypeDialog index={index} artifact={shown} edit={edit} onClose={end} />
      )}
      {shown && task === "merge" && (
        <MergeDialog artifacts={artifacts} first={index} edit={edit} onClose={end} />
      )}
      {task === "add" && <AddDialog edit={edit} onClose={end} />}
    </section>
  );
}
