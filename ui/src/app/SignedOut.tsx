import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { Button } from "@/components/Button";
import { Mark } from "@/components/Mark";
import { m } from "@/paraglide/messages.js";

/** An answer that gets through signs the page in again; a refusal leaves everything as it is. */
async function askAgain(queries: QueryClient): Promise<void> {
  await api.health().then(
    () => queries.resetQueries(),
    () => {},
  );
}

/** Shown instead of everything when the server does not know this browser. Coming back to the page asks again by itself. */
export function SignedOut() {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);

  useEffect(() => {
    const ask = () => void askAgain(queries);
    window.addEventListener("focus", ask);
    return () => window.removeEventListener("focus", ask);
  }, [queries]);

  async function ask() {
    setAsking(true);
    await askAgain(queries);
    setAsking(false);
  }
  return (
    <main className="signed-out" data-testid="signed-out">
      <Mark size={44} />
      <h1>
        <KeyRound aria-hidden size={18} /> {m.signed_out_title()}
      </h1>
      <p>{m.signed_out_text()}</p>
      <p>
        <code>brickwork serve --ui</code>
      </p>
      <p className="hint">{m.signed_out_hint()}</p>
      <Button look="primary" busy={asking} onClick={ask}>
        {m.signed_out_again()}
      </Button>
    </main>
  );
}
