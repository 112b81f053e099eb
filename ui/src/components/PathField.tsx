import type { LucideIcon } from "lucide-react";
import { toast } from "sonner";
import { isDesktop } from "@/api/transport";
import { m } from "@/paraglide/messages.js";
import { Button } from "./Button";
import { errorText } from "./States";

interface PathFieldProps {
  label: string;
  value: string;
  onChange: (path: string) => void;
  placeholder: string;
  /** The window's dialogs for it; each answers null when the user closed it. */
  ways: { label: string; icon: LucideIcon; choose: () => Promise<string | null> }[];
  testId: string;
}

/** A path: typed, or chosen where there is a window for it. */
export function PathField({ label, value, onChange, placeholder, ways, testId }: PathFieldProps) {
  async function ask(choose: () => Promise<string | null>) {
    try {
      const path = await choose();
      if (path) onChange(path);
    } catch (error) {
      toast.error(m.choose_failed(), { description: errorText(error) });
    }
  }
  return (
    <div className="field">
      <span>{label}</span>
      <div className="path-line">
        <input
          className="input mono"
          value={value}
          placeholder={placeholder}
          aria-label={label}
          spellCheck={false}
          data-testid={testId}
          onChange={(event) => onChange(event.target.value)}
        />
        {isDesktop() &&
          ways.map((way) => (
            <Button key={way.label} icon={way.icon} onClick={() => ask(way.choose)}>
              {way.label}
            </Button>
          ))}
      </div>
      {!isDesktop() && <small className="hint">{m.folder_elsewhere()}</small>}
    </div>
  );
}
