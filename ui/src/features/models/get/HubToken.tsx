import { KeyRound, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { type HubTokenOrigin, useForgetToken, useHub, useSaveToken } from "@/api/getModels";
import { Button } from "@/components/Button";
import { ErrorPanel, errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

const KEPT: Record<HubTokenOrigin, () => string> = {
  none: () => m.token_none(),
  environment: () => m.token_environment(),
  keyring: () => m.token_keyring(),
  memory: () => m.token_memory(),
};

/** Where the hub's token comes from, and the field for another one. What is typed is never shown again. */
export function HubToken() {
  const [token, setToken] = useState("");
  const origin = useHub().data?.token;
  const save = useSaveToken();
  const forget = useForgetToken();
  const typed = token.trim();
  return (
    <form
      className="field get-token"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed !== "" && !save.isPending) save.mutate(typed, { onSuccess: () => setToken("") });
      }}
    >
      <span>{m.token_title()}</span>
      <p className="hint" role="status" data-testid="hub-token-state">
        {origin && KEPT[origin]()}
      </p>
      <div className="folder-line">
        <input
          className="input mono"
          type="password"
          value={token}
          placeholder={origin === "keyring" || origin === "memory" ? m.token_replace() : "hf_…"}
          aria-label={m.token_title()}
          autoComplete="off"
          maxLength={4096}
          data-testid="hub-token"
          onChange={(event) => {
            setToken(event.target.value);
            save.reset();
          }}
        />
        <Button
          type="submit"
          icon={KeyRound}
          busy={save.isPending}
          disabled={typed === ""}
          data-testid="hub-token-save"
        >
          {m.token_save()}
        </Button>
        {(origin === "keyring" || origin === "memory") && (
          <Button
            icon={Trash2}
            look="danger"
            busy={forget.isPending}
            data-testid="hub-token-forget"
            onClick={() =>
              forget.mutate(undefined, {
                onError: (error) => toast.error(m.token_not_forgotten(), { description: errorText(error) }),
              })
            }
          >
            {m.token_forget()}
          </Button>
        )}
      </div>
      <p className="hint">{m.token_hint()}</p>
      {save.isError && <ErrorPanel title={m.token_not_saved()} error={save.error} />}
    </form>
  );
}
