import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/Button";
import { formatStamp } from "@/components/format";
import { Modal } from "@/components/Modal";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { useDocument } from "../document";
import { useDraft } from "../draft";
import { Changes } from "./Changes";

/** Two windows changed the same pipeline: shows what differs and lets the user choose. Nothing is thrown away by any choice. */
export function ConflictDialog({ onClose }: { onClose: () => void }) {
  const { theirs, resolve } = useDocument();
  const mine = useDraft((draft) => draft.pipeline);
  const [busy, setBusy] = useState(false);
  if (!theirs || !mine) return null;
  async function choose(choice: "mine" | "theirs" | "copy") {
    setBusy(true);
    try {
      await resolve(choice, m.doc_copy_name({ name: mine?.name ?? "" }));
      onClose();
    } catch (error) {
      toast.error(m.doc_conflict_failed(), { description: errorText(error) });
    }
    setBusy(false);
  }
  return (
    <Modal
      wide
      title={m.doc_conflict_title()}
      text={m.doc_conflict_text({ when: formatStamp(theirs.savedAt) })}
      onClose={onClose}
      testId="conflict-dialog"
      footer={
        <>
          <Button busy={busy} onClick={() => choose("copy")} data-testid="conflict-copy">
            {m.doc_conflict_copy()}
          </Button>
          <Button busy={busy} onClick={() => choose("theirs")} data-testid="conflict-theirs">
            {m.doc_conflict_theirs()}
          </Button>
          <Button look="primary" busy={busy} onClick={() => choose("mine")} data-testid="conflict-mine">
            {m.doc_conflict_mine()}
          </Button>
        </>
      }
    >
      <Changes
        before={theirs.document}
        after={mine}
        none={m.doc_conflict_same()}
        caption={m.doc_conflict_caption()}
      />
    </Modal>
  );
}
