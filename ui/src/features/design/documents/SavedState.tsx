import { useQueryClient } from "@tanstack/react-query";
import { CloudOff, GitCompareArrows, LoaderCircle, Save, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { formatStamp } from "@/components/format";
import { Tooltip } from "@/components/Tooltip";
import { m } from "@/paraglide/messages.js";
import { startDocuments, useDocument, useSessionProject } from "../document";
import { ConflictDialog } from "./ConflictDialog";

/** Whether the document is saved, and what to do when it is not. */
export function SavedState() {
  const { state, savedAt, version, problem } = useDocument();
  const [asking, setAsking] = useState(false);
  useEffect(() => void startDocuments(), []);
  useSessionProject();
  useFreshLists();
  if (state === "conflict")
    return (
      <>
        <button
          type="button"
          className="saved-state saved-conflict"
          data-testid="saved-state"
          data-state={state}
          onClick={() => setAsking(true)}
        >
          <GitCompareArrows aria-hidden size={14} />
          {m.doc_conflict()}
        </button>
        {asking && <ConflictDialog onClose={() => setAsking(false)} />}
      </>
    );
  const { icon: Icon, text, hint } = WORDS[state]({ savedAt, version, problem });
  return (
    <Tooltip text={hint}>
      <span
        className={`saved-state saved-${state}`}
        role="status"
        data-testid="saved-state"
        data-state={state}
      >
        <Icon aria-hidden size={14} />
        <span>{text}</span>
      </span>
    </Tooltip>
  );
}

interface Facts {
  savedAt: string | null;
  version: number;
  problem: string | undefined;
}

const WORDS = {
  none: () => ({ icon: Save, text: m.doc_unchanged(), hint: m.doc_unchanged_hint() }),
  saving: () => ({ icon: LoaderCircle, text: m.doc_saving(), hint: m.doc_saving_hint() }),
  saved: ({ savedAt, version }: Facts) => ({
    icon: Save,
    text: m.doc_saved(),
    hint: m.doc_saved_hint({ when: formatStamp(savedAt), version }),
  }),
  offline: ({ problem }: Facts) => ({
    icon: problem ? TriangleAlert : CloudOff,
    text: problem ? m.doc_refused() : m.doc_offline(),
    hint: problem ?? m.doc_offline_hint(),
  }),
};

/** Lists of pipelines and versions are read anew once something was saved. */
function useFreshLists(): void {
  const queries = useQueryClient();
  const { id, version, runId } = useDocument();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them changes what the lists hold.
  useEffect(() => {
    queries.invalidateQueries({ queryKey: ["pipelines"] });
    queries.invalidateQueries({ queryKey: ["versions"] });
  }, [queries, id, version, runId]);
}
