import { toast } from "sonner";
import type { Pipeline } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "./draft";

/** Makes `pipeline` the draft. The one it takes the place of can be brought back from the message that says so. */
export function openPipeline(pipeline: Pipeline): void {
  const { pipeline: old, keys, selected } = useDraft.getState();
  useDraft.getState().open(pipeline);
  if (!old || JSON.stringify(old) === JSON.stringify(pipeline)) return;
  toast(m.draft_replaced({ name: old.name }), {
    action: {
      label: m.undo(),
      onClick: () => useDraft.setState({ pipeline: old, keys, selected, choosing: false }),
    },
  });
}
