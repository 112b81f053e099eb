import { Download, FilePen, Files, Info, Scissors } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { saveText } from "@/api/desktop";
import { useLanguageName } from "@/api/highlight";
import type { Artifact, ExtractedFiles } from "@/api/types";
import { IconButton } from "@/components/Button";
import { CheckedCode } from "@/components/CheckedCode";
import { CopyButton } from "@/components/CopyButton";
import { FileTree } from "@/components/FileTree";
import { plainText } from "@/components/hiddenCharacters";
import { PatchList } from "@/components/PatchList";
import { EmptyState, errorText } from "@/components/States";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";

/** The files that a text holds, and what is to be known of how they were found. */
export function FoundFiles({ found }: { found: ExtractedFiles }) {
  const { artifacts, patches, source, unclosed } = found;
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = artifacts.find((artifact) => artifact.name === chosen) ?? artifacts[0];
  return (
    <>
      {unclosed && (
        <p className="notice notice-warn">
          <Scissors aria-hidden size={14} />
          <span>{m.paste_unclosed()}</span>
        </p>
      )}
      {source === "whole" && shown && (
        <p className="notice notice-quiet">
          <Info aria-hidden size={14} />
          <span>{m.paste_whole()}</span>
        </p>
      )}
      {patches.length > 0 && (
        <div className="notice notice-quiet" data-testid="paste-patches">
          <FilePen aria-hidden size={14} />
          <div>
            <strong>{m.patches({ count: patches.length })}</strong>
            <PatchList patches={patches} />
          </div>
        </div>
      )}
      {shown ? (
        <section className="files files-wide paste-files" aria-label={m.files()} data-testid="paste-files">
          <div className="files-body">
            <FileTree artifacts={artifacts} shown={shown} onShow={setChosen} />
            <div className="files-code">
              <ShownHead artifact={shown} />
              <CheckedCode key={shown.name} artifact={shown} />
            </div>
          </div>
        </section>
      ) : (
        <EmptyState icon={Files} title={m.files_none()} text={m.paste_none()} />
      )}
    </>
  );
}

/** The shown file's name and language, and the ways to take it along. */
function ShownHead({ artifact }: { artifact: Artifact }) {
  const language = useLanguageName(artifact.type);
  const name = plainText(artifact.name);
  const save = () =>
    saveText(m.paste_save_title(), name.split("/").at(-1) ?? name, artifact.content).then(
      (path) => path !== null && toast.success(m.paste_saved({ path })),
      (error) => toast.error(m.paste_save_failed(), { description: errorText(error) }),
    );
  return (
    <header className="pane-head">
      <h3 className="pane-title" title={name}>
        <VisibleText text={artifact.name} />
      </h3>
      <span className="file-type" data-testid="paste-language">
        {language ?? artifact.type}
      </span>
      <span className="spacer" />
      <CopyButton text={artifact.content} label={m.copy_file({ name })} />
      <IconButton icon={Download} label={m.paste_save({ name })} onClick={save} data-testid="paste-save" />
    </header>
  );
}
