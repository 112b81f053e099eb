import { FolderOpen, FolderPlus, GitBranch } from "lucide-react";
import { toast } from "sonner";
import { chooseFolder } from "@/api/desktop";
import { isDesktop } from "@/api/transport";
import type { ExportPreview } from "@/api/watch";
import { Button } from "@/components/Button";
import { m } from "@/paraglide/messages.js";

interface FolderFieldProps {
  typed: string;
  /** What is known of the folder. */
  plan: ExportPreview | undefined;
  onType: (path: string) => void;
  onChoose: (path: string) => void;
}

/** The target folder, and what is there: whether it exists, and on which branch it stands. */
export function FolderField({ typed, plan, onType, onChoose }: FolderFieldProps) {
  async function choose() {
    try {
      const chosen = await chooseFolder(m.choose_folder_title());
      if (chosen) onChoose(chosen);
    } catch (error) {
      toast.error(m.choose_folder_failed(), { description: String(error) });
    }
  }
  return (
    <div className="field">
      <span>{m.folder()}</span>
      <div className="folder-line">
        <input
          className="input mono"
          value={typed}
          placeholder={m.folder_placeholder()}
          aria-label={m.folder()}
          spellCheck={false}
          data-testid="export-folder"
          onChange={(event) => onType(event.target.value)}
        />
        {isDesktop() && (
          <Button icon={FolderOpen} onClick={choose} data-testid="export-choose">
            {m.choose_folder()}
          </Button>
        )}
      </div>
      <p className="folder-facts hint" aria-live="polite">
        {plan && plan.exists === false && (
          <span data-testid="export-new-folder">
            <FolderPlus aria-hidden size={13} /> {m.folder_is_new()}
          </span>
        )}
        {plan?.branch && (
          <span data-testid="export-branch">
            <GitBranch aria-hidden size={13} /> {m.folder_branch({ branch: plan.branch })}
          </span>
        )}
        {plan?.is_git && !plan.branch && (
          <span>
            <GitBranch aria-hidden size={13} /> {m.folder_no_branch()}
          </span>
        )}
        {plan && plan.exists !== false && !plan.is_git && <span>{m.folder_no_git()}</span>}
        {!isDesktop() && <span>{m.folder_elsewhere()}</span>}
      </p>
    </div>
  );
}
