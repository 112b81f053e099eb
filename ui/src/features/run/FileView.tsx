import { useState } from "react";
import type { Artifact } from "@/api/types";
import type { ArtifactTarget } from "@/api/watch";
import { Button } from "@/components/Button";
import { CheckedCode } from "@/components/CheckedCode";
import { Segmented } from "@/components/Choice";
import { TextEditor } from "@/components/editors";
import { plainText } from "@/components/hiddenCharacters";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import type { FileTask } from "./EditableFiles";
import type { FileEdit } from "./FileForm";
import { hasPreview } from "./fileForms";
import { PreviewFrame } from "./PreviewFrame";
import { SplitView } from "./SplitView";

interface FileViewProps {
  index: number;
  artifact: Artifact;
  target: ArtifactTarget;
  task: FileTask | null;
  edit: FileEdit;
  onEnd: (shown?: string) => void;
}

/** One file: its source, the page that it makes, or the editor that changes it. */
export function FileView({ index, artifact, target, task, edit, onEnd }: FileViewProps) {
  const [view, setView] = useState<"source" | "preview">("source");
  if (task === "split")
    return (
      <div className="files-code">
        <SplitView index={index} artifact={artifact} edit={edit} onClose={onEnd} />
      </div>
    );
  if (task === "edit")
    return <FileEditor index={index} artifact={artifact} edit={edit} onClose={() => onEnd()} />;
  return (
    <div className="files-code">
      {hasPreview(artifact.type) && (
        <div className="file-views">
          <Segmented
            label={m.file_show()}
            value={view}
            onChange={setView}
            options={[
              { value: "source", label: m.file_source() },
              { value: "preview", label: m.file_preview() },
            ]}
          />
        </div>
      )}
      {artifact.closed === false && <p className="notice notice-warn">{m.file_unclosed()}</p>}
      {view === "preview" && hasPreview(artifact.type) ? (
        <PreviewFrame artifact={artifact} target={target} />
      ) : (
        <CheckedCode artifact={artifact} />
      )}
    </div>
  );
}

function FileEditor({
  index,
  artifact,
  edit,
  onClose,
}: Omit<FileViewProps, "target" | "task" | "onEnd"> & { onClose: () => void }) {
  const [text, setText] = useState<string | null>(null);
  const [start] = useState(artifact.content);
  return (
    <div className="files-code">
      <TextEditor
        start={start}
        onChange={setText}
        label={m.file_editor({ name: plainText(artifact.name) })}
        testId="file-editor"
      />
      {edit.error != null && (
        <p className="field-error" role="alert">
          {errorText(edit.error)}
        </p>
      )}
      <footer className="editor-foot">
        <span className="spacer" />
        <Button small onClick={onClose}>
          {m.discard_changes()}
        </Button>
        <Button
          small
          look="primary"
          busy={edit.busy}
          disabled={text === null || text === start}
          data-testid="file-save"
          onClick={() => text !== null && edit.send({ op: "set_content", index, content: text }, onClose)}
        >
          {m.file_save()}
        </Button>
      </footer>
    </div>
  );
}
