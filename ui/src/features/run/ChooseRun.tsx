import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import type { RunSummary, RunView } from "@/api/types";
import { formatSeconds, formatStamp } from "@/components/format";
import { Modal } from "@/components/Modal";
import { ErrorPanel, Skeleton } from "@/components/States";
import { StatusBadge } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";

interface ChooseRunProps {
  run: RunView;
  onClose: () => void;
  onChoose: (runId: string) => void;
}

/** Asks with which other run this one is compared; runs of the same pipeline come first. */
export function ChooseRun({ run, onClose, onChoose }: ChooseRunProps) {
  const [typed, setTyped] = useState("");
  const q = typed.trim();
  const found = useQuery({
    queryKey: ["runs", "choose", q],
    queryFn: ({ signal }) => api.runs({ q, limit: 40 }, signal),
    select: (page) => page.runs,
    placeholderData: (before) => before,
  });
  const earlier = run.derived_from?.run_id;
  const rank = (one: RunSummary) => (one.run_id === earlier ? 0 : one.name === run.name ? 1 : 2);
  const others = (found.data ?? [])
    .filter((one) => one.run_id !== run.run_id)
    .sort((one, other) => rank(one) - rank(other));
  return (
    <Modal wide testId="choose-run" title={m.compare_choose({ name: run.name })} onClose={onClose}>
      <label className="search search-wide">
        <Search aria-hidden size={15} />
        <input
          type="search"
          value={typed}
          placeholder={m.runs_search()}
          aria-label={m.runs_search()}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      {found.isError ? (
        <ErrorPanel title={m.runs_failed()} error={found.error} onRetry={() => found.refetch()} />
      ) : found.isPending ? (
        <Skeleton rows={5} />
      ) : others.length === 0 ? (
        <p className="sheet-empty">{m.compare_no_other()}</p>
      ) : (
        <ul className="choose-list">
          {others.map((one) => (
            <li key={one.run_id}>
              <button
                type="button"
                className="choose-row"
                data-testid={`choose-${one.run_id}`}
                onClick={() => onChoose(one.run_id)}
              >
                <span className="choose-name">{one.name}</span>
                <span className="hint">
                  {formatStamp(one.started_at ?? one.created_at)} · {formatSeconds(one.total_execution_time)}
                </span>
                <StatusBadge run={one} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </Modal>
  );
}
