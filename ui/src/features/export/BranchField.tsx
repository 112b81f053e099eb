import { GitBranchPlus } from "lucide-react";
import { useId } from "react";
import { m } from "@/paraglide/messages.js";

/** A branch to make for what is written; none when it stays empty. */
export function BranchField({ name, onName }: { name: string; onName: (name: string) => void }) {
  const hint = useId();
  return (
    <label className="field">
      <span>
        <GitBranchPlus aria-hidden size={13} /> {m.export_new_branch()}
      </span>
      <input
        className="input mono"
        value={name}
        placeholder={m.export_new_branch_none()}
        spellCheck={false}
        aria-describedby={hint}
        data-testid="export-new-branch"
        onChange={(event) => onName(event.target.value)}
      />
      <small id={hint} className="hint">
        {m.export_new_branch_hint()}
      </small>
    </label>
  );
}
