import { Check, Pencil } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { design, type VersionSummary } from "@/api/design";
import { IconButton } from "@/components/Button";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

interface VersionNameProps {
  pipelineId: string;
  version: VersionSummary;
  onRenamed: () => void;
}

/** A pencil that turns into a field for the version's name. */
export function VersionName({ pipelineId, version, onRenamed }: VersionNameProps) {
  const [text, setText] = useState<string | null>(null);
  async function submit(event: FormEvent) {
    event.preventDefault();
    try {
      await design.labelVersion(pipelineId, version.version, text?.trim() || null);
      setText(null);
      onRenamed();
    } catch (error) {
      toast.error(m.doc_version_failed(), { description: errorText(error) });
    }
  }
  if (text === null)
    return (
      <IconButton
        icon={Pencil}
        label={m.doc_version_rename({ version: version.version })}
        onClick={() => setText(version.label ?? "")}
        data-testid={`rename-version-${version.version}`}
      />
    );
  return (
    <form className="version-name" onSubmit={submit}>
      <input
        className="input"
        value={text}
        maxLength={200}
        aria-label={m.doc_version_name()}
        // biome-ignore lint/a11y/noAutofocus: the pencil was pressed to type here.
        autoFocus
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          setText(null);
        }}
      />
      <IconButton icon={Check} label={m.doc_save()} type="submit" />
    </form>
  );
}
