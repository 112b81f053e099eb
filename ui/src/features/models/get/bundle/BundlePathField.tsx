import { FolderOpen } from "lucide-react";
import { toast } from "sonner";
import { isDesktop } from "@/api/transport";
import { Button } from "@/components/Button";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

interface BundlePathFieldProps {
  label: string;
  value: string;
  onChange: (path: string) => void;
  /** The window's dialog; answers null when the user closed it. */
  choose: () => Promise<string | null>;
}

/** The path of a bundle: typed, or chosen where there is a window for it. */
export function BundlePathField({ label, value, onChange, choose }: BundlePathFieldProps) {
  async function ask() {
    try {
      const path = await choose();
      if (path) onChange(path);
    } catch (error) {
      toast.error(m.bundle_choose_failed(), { description: errorText(error) });
    }
  }
  return (
    <div className="field">
      <span>{label}</span>
      <div className="folder-line">
        <input
          className="input mono"
          value={value}
          placeholder={m.bundle_path_placeholder()}
          aria-label={label}
          spellCheck={false}
          data-testid="bundle-path"
          onChange={(event) => onChange(event.target.value)}
        />
        {isDesktop() && (
          <Button icon={FolderOpen} onClick={ask} data-testid="bundle-choose">
            {m.choose_folder()}
          </Button>
        )}
      </div>
      {!isDesktop() && <small className="hint">{m.folder_elsewhere()}</small>}
    </div>
  );
}
