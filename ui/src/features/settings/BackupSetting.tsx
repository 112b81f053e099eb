import { Archive, CircleCheck, FolderOpen } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { chooseFolder } from "@/api/desktop";
import { useBackup } from "@/api/machine";
import { isDesktop } from "@/api/transport";
import { Button } from "@/components/Button";
import { formatBytes } from "@/components/format";
import { ErrorPanel, errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { Setting } from "./Setting";

/** Writes everything but the models into one new file. */
export function BackupSetting() {
  const [path, setPath] = useState("");
  const backup = useBackup();

  async function choose() {
    try {
      const folder = await chooseFolder(m.backup_choose_title());
      if (folder) setPath(inFolder(folder, new Date()));
    } catch (error) {
      toast.error(m.choose_folder_failed(), { description: errorText(error) });
    }
  }
  return (
    <Setting
      title={m.backup()}
      text={isDesktop() ? m.backup_hint() : `${m.backup_hint()} ${m.folder_elsewhere()}`}
      wide
    >
      <form
        className="folder-line"
        onSubmit={(event) => {
          event.preventDefault();
          if (path.trim() !== "" && !backup.isPending) backup.mutate(path.trim());
        }}
      >
        <input
          className="input mono"
          value={path}
          placeholder={m.backup_placeholder()}
          aria-label={m.backup_path()}
          spellCheck={false}
          data-testid="backup-path"
          onChange={(event) => {
            setPath(event.target.value);
            backup.reset();
          }}
        />
        {isDesktop() && (
          <Button icon={FolderOpen} onClick={choose}>
            {m.choose_folder()}
          </Button>
        )}
        <Button
          type="submit"
          icon={Archive}
          busy={backup.isPending}
          disabled={path.trim() === ""}
          data-testid="backup-button"
        >
          {m.backup_write()}
        </Button>
      </form>
      {backup.isError && <ErrorPanel title={m.backup_failed()} error={backup.error} />}
      {backup.data && (
        <p className="notice notice-done" role="status" data-testid="backup-done">
          <CircleCheck aria-hidden size={14} />
          <span>{m.backup_done({ path: backup.data.path, size: formatBytes(backup.data.size_bytes) })}</span>
        </p>
      )}
    </Setting>
  );
}

/** A name for a backup in the folder, with the day in it. */
function inFolder(folder: string, now: Date): string {
  const separator = folder.includes("\\") ? "\\" : "/";
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");
  return `${folder.replace(/[\\/]+$/, "")}${separator}brickwork-${day}.zip`;
}
