import { useId } from "react";
import { toast } from "sonner";
import { type RoleView, useForgetKey } from "@/api/models";
import { Button } from "@/components/Button";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { type Entered, hasKey } from "./connection";

/** The key, which is never shown again once it is kept. */
export function KeyField({
  role,
  form,
  onChange,
}: {
  role: RoleView;
  form: Entered;
  onChange: (key: string) => void;
}) {
  const forget = useForgetKey();
  const kept = hasKey(role, form.address);
  const hint = useId();
  return (
    <div className="field">
      <span>{m.connect_key()}</span>
      <div className="folder-line">
        <input
          className="input mono"
          type="password"
          value={form.key}
          aria-label={m.connect_key()}
          aria-describedby={hint}
          placeholder={kept ? m.connect_key_kept() : m.connect_key_none()}
          autoComplete="new-password"
          data-testid="connect-key"
          onChange={(event) => onChange(event.target.value)}
        />
        {kept && (
          <Button
            look="danger"
            busy={forget.isPending}
            data-testid="connect-forget"
            onClick={() =>
              forget.mutate(form.address.trim(), {
                onSuccess: () => toast.success(m.connect_key_forgotten()),
                onError: (error) =>
                  toast.error(m.connect_key_not_forgotten(), { description: errorText(error) }),
              })
            }
          >
            {m.connect_key_forget()}
          </Button>
        )}
      </div>
      <small className="hint" id={hint}>
        {m.connect_key_hint()}
      </small>
    </div>
  );
}
