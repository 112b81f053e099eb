import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { toast } from "sonner";
import { type ListedRun, library } from "@/api/library";
import { useCommands } from "@/components/commands";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import type { History } from "./useRunList";

/** Ms for which the way back is offered; the trash itself keeps what is deleted for a week. */
const OFFERED_MS = 10_000;

/** Moves runs to the trash and offers to take that back. */
export function useDeleteRuns(history: History, onDeleted: (runIds: string[]) => void) {
  const queries = useQueryClient();
  const latest = useRef<{ runs: ListedRun[]; offer?: string | number }>({ runs: [] });

  const refresh = () => {
    for (const kind of ["runs", "queue", "storage"]) queries.invalidateQueries({ queryKey: [kind] });
  };

  async function restore(runs: ListedRun[], offer?: string | number) {
    latest.current = { runs: [] };
    // It stays when the keyboard was used instead of its button, and would offer what is done already.
    if (offer !== undefined) toast.dismiss(offer);
    try {
      const { refused } = await library.restoreRuns(runs.map((run) => run.run_id));
      const gone = new Set(refused.map((one) => one.run_id));
      const back = runs.filter((run) => !gone.has(run.run_id));
      history.bringBack(back);
      refresh();
      if (back.length > 0) toast.success(m.runs_restored({ count: back.length }));
      if (refused[0]) toast.error(m.runs_not_restored(), { description: refused[0].reason });
    } catch (error) {
      latest.current = { runs };
      toast.error(m.runs_not_restored(), { description: errorText(error) });
    }
  }

  async function remove(runs: ListedRun[]) {
    try {
      const { refused } = await library.deleteRuns(runs.map((run) => run.run_id));
      const kept = new Set(refused.map((one) => one.run_id));
      const gone = runs.filter((run) => !kept.has(run.run_id));
      const runIds = gone.map((run) => run.run_id);
      history.remove(runIds);
      onDeleted(runIds);
      refresh();
      if (refused[0])
        toast.error(m.runs_not_deleted({ count: refused.length }), { description: refused[0].reason });
      const [only] = gone;
      if (!only) return;
      const offer = toast(
        gone.length === 1 ? m.run_deleted({ name: only.name }) : m.runs_deleted({ count: gone.length }),
        {
          description: m.runs_trash_hint(),
          duration: OFFERED_MS,
          action: { label: m.undo(), onClick: () => void restore(gone) },
        },
      );
      latest.current = { runs: gone, offer };
    } catch (error) {
      toast.error(m.delete_run_failed(), { description: errorText(error) });
    }
  }

  useCommands([
    {
      id: "runs.undo",
      title: m.delete_undo(),
      group: "edit",
      keys: "mod+z",
      whileTyping: false,
      run: () => {
        const { runs, offer } = latest.current;
        if (runs.length > 0) void restore(runs, offer);
      },
    },
  ]);
  return remove;
}
