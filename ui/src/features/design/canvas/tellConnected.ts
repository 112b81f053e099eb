import { toast } from "sonner";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";

/** Draws a connection from one step to another and says what came of it, where that is not plain to see. */
export function tellConnected(source: number, target: number): void {
  const { kind, names } = useDraft.getState().connect(source, target);
  const [from = "", to = ""] = names;
  if (kind === "already") toast(m.connect_already({ reader: to, source: from }), { id: "connect" });
  else if (kind === "moved")
    toast(m.connect_moved({ reader: to, source: from }), {
      id: "connect",
      action: { label: m.undo(), onClick: () => useDraft.getState().undo() },
    });
  else if (kind === "loop") {
    const reader = useDraft.getState().pipeline?.steps[target]?.step_name ?? "";
    const text = m.connect_loop({ reader, source: names[0] ?? "" });
    toast.error(text, { id: "connect", description: m.connect_loop_why() });
  }
}
