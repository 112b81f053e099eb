import { History as HistoryIcon, Search } from "lucide-react";
import { useEffect, useMemo } from "react";
import { toast } from "sonner";
import { type ListedRun, useFavourite } from "@/api/library";
import { DEFAULT_PROJECT, useQueue } from "@/api/queries";
import { isEnded } from "@/api/runView";
import { Button } from "@/components/Button";
import { useCurrentProject } from "@/components/currentProject";
import { formatCount } from "@/components/format";
import { projectName } from "@/components/projectName";
import { EmptyState, ErrorPanel, errorText, Skeleton } from "@/components/States";
import { useSettled } from "@/components/useSettled";
import { m } from "@/paraglide/messages.js";
import { isNarrowed, NO_FILTERS, toQuery, useFilters } from "./filters";
import { QueueSection } from "./QueueSection";
import { RunFilters, RunSearch } from "./RunFilters";
import { RunTable } from "./RunTable";
import { SelectionBar } from "./SelectionBar";
import { useDeleteRuns } from "./useDeleteRuns";
import { useRunList } from "./useRunList";
import { useSelection } from "./useSelection";

interface RunsScreenProps {
  onOpen: (runId: string) => void;
  onDesign: () => void;
  onCompare: (left: string, right: string) => void;
}

/** Pause in ms after the last key before a search is sent. */
const SEARCH_AFTER_MS = 150;

/** What runs and waits, and below it every run so far, newest first. */
export function RunsScreen({ onOpen, onDesign, onCompare }: RunsScreenProps) {
  const { set, ...filters } = useFilters();
  const { projectId } = useCurrentProject();
  const q = useSettled(filters.text.trim(), SEARCH_AFTER_MS);
  const { state, everywhere, favourites, time, pipeline } = filters;
  const query = useMemo(
    () => toQuery({ text: q, state, everywhere, favourites, time, pipeline }, q, projectId),
    [q, state, everywhere, favourites, time, pipeline, projectId],
  );
  const narrowed = isNarrowed(filters);
  const queue = useQueue(!narrowed).data;
  const busy = !narrowed && queue && queue.running.length + queue.waiting.length + queue.held.length > 0;

  const history = useRunList(query);
  const { list } = history;
  const selection = useSelection(query);
  const remove = useDeleteRuns(history, selection.drop);
  const favourite = useFavourite();

  // A run that has left the queue has ended, and now stands in the list.
  const queued = queue && [...queue.running, ...queue.waiting, ...queue.held].map((run) => run.run_id).join();
  const { retry } = history;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a change of the queue matters.
  useEffect(() => {
    if (queued !== undefined) retry();
  }, [queued]);

  function setFavourite(run: ListedRun, wanted: boolean) {
    history.change(run.run_id, { favourite: wanted });
    favourite.mutate(
      { runId: run.run_id, favourite: wanted },
      {
        onError: (error) => {
          history.change(run.run_id, { favourite: run.favourite });
          toast.error(m.favourite_failed(), { description: errorText(error) });
        },
      },
    );
  }
  function favouriteSelected() {
    const runs = [...selection.runs.values()];
    const wanted = !runs.every((run) => run.favourite);
    for (const run of runs) if (run.favourite !== wanted) setFavourite(run, wanted);
    selection.clear();
  }
  const deleteSelected = () => void remove([...selection.runs.values()].filter((run) => isEnded(run.status)));

  const total = list?.total ?? 0;
  return (
    <div className="screen">
      <header className="top-bar">
        <h1 className="screen-title">{m.nav_runs()}</h1>
        {list && (
          <span
            className="count"
            role="status"
            aria-label={m.runs_found({ count: total, shown: formatCount(total) })}
            data-testid="runs-total"
          >
            {formatCount(total)}
          </span>
        )}
        <span className="spacer" />
        <RunSearch filters={filters} set={set} />
      </header>
      {selection.runs.size > 0 ? (
        <SelectionBar
          selected={selection.runs}
          onCompare={onCompare}
          onFavourite={favouriteSelected}
          onDelete={deleteSelected}
          onClear={selection.clear}
        />
      ) : (
        <RunFilters filters={filters} set={set} />
      )}
      {busy && <QueueSection queue={queue} onOpen={onOpen} />}
      {history.pageError != null && (
        <div className="run-trouble">
          <ErrorPanel title={m.runs_page_failed()} error={history.pageError} onRetry={retry} />
        </div>
      )}
      {history.error && (!list || !history.current) ? (
        <div className="screen-pad">
          <ErrorPanel title={m.runs_failed()} error={history.error} onRetry={retry} />
        </div>
      ) : !list ? (
        <div className="screen-pad">
          <Skeleton rows={8} />
        </div>
      ) : total > 0 ? (
        <RunTable
          key={JSON.stringify(history.answered)}
          list={list}
          stale={!history.current}
          searched={Boolean(history.answered?.q)}
          selected={selection.runs}
          projectOf={
            history.answered?.project_id === ""
              ? (run) => projectName({ id: run.project_id, name: run.project_name })
              : undefined
          }
          onView={history.see}
          onOpen={(run) => onOpen(run.run_id)}
          onDelete={(run) => void remove([run])}
          onDeleteSelected={deleteSelected}
          onSelect={selection.toggle}
          onFavourite={(run) => setFavourite(run, !run.favourite)}
        />
      ) : (
        <Nothing
          narrowed={narrowed}
          busy={Boolean(busy)}
          elsewhere={!everywhere && projectId !== DEFAULT_PROJECT}
          onClear={() => set({ ...NO_FILTERS, everywhere })}
          onEverywhere={() => set({ everywhere: true })}
          onDesign={onDesign}
        />
      )}
      {total > 0 && <p className="run-keys">{m.runs_keys()}</p>}
    </div>
  );
}

interface NothingProps {
  narrowed: boolean;
  busy: boolean;
  /** Other projects may have runs. */
  elsewhere: boolean;
  onClear: () => void;
  onEverywhere: () => void;
  onDesign: () => void;
}

function Nothing({ narrowed, busy, elsewhere, onClear, onEverywhere, onDesign }: NothingProps) {
  const more = elsewhere && <Button onClick={onEverywhere}>{m.scope_all()}</Button>;
  if (narrowed)
    return (
      <EmptyState icon={Search} title={m.runs_no_match()} text={m.runs_no_match_text()}>
        <Button onClick={onClear}>{m.filters_clear()}</Button>
        {more}
      </EmptyState>
    );
  if (busy) return <EmptyState icon={HistoryIcon} title={m.runs_none_ended()} text={m.runs_empty_text()} />;
  return (
    <EmptyState icon={HistoryIcon} title={m.runs_empty()} text={m.runs_empty_text()}>
      <Button look="primary" onClick={onDesign}>
        {m.runs_design()}
      </Button>
      {more}
    </EmptyState>
  );
}
