import { useEffect } from "react";
import { toast } from "sonner";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { lostText, saidText } from "./said";

const TOAST = "design-said";

/** Tells what an undo brought back and what an edit took along, in the window's polite live region. */
export function Announcer() {
  const said = useDraft((draft) => draft.said);
  useEffect(() => {
    if (!said) return;
    const { past } = useDraft.getState();
    const entry = past.at(-1);
    toast(saidText(said), {
      id: TOAST,
      duration: said.kind === "did" ? 8000 : 2500,
      description: said.kind === "did" ? lostText(said) : undefined,
      action:
        said.kind === "did" ? { label: m.undo(), onClick: () => useDraft.getState().undo() } : undefined,
    });
    if (said.kind !== "did") return;
    // The offer to undo goes with the next edit, which is what it would undo then.
    return useDraft.subscribe((draft) => {
      if (draft.past.at(-1) !== entry && draft.said === said) toast.dismiss(TOAST);
    });
  }, [said]);
  return null;
}
