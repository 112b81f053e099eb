import { useQuery } from "@tanstack/react-query";
import { Search, Star, X } from "lucide-react";
import { useRef } from "react";
import { design } from "@/api/design";
import { useProjects } from "@/api/queries";
import { Button } from "@/components/Button";
import { Segmented, Select } from "@/components/Choice";
import { useCommands } from "@/components/commands";
import { RUN_STATES, StatusIcon, statusText } from "@/components/StatusBadge";
import { m } from "@/paraglide/messages.js";
import { type Filters, isNarrowed, NO_FILTERS, type StateFilter, TIMES, type TimeFilter } from "./filters";

interface RunFiltersProps {
  filters: Filters;
  set: (patch: Partial<Filters>) => void;
}

/** The search as it is typed. */
export function RunSearch({ filters, set }: RunFiltersProps) {
  const input = useRef<HTMLInputElement>(null);
  useCommands([
    {
      id: "runs.search",
      title: m.runs_search(),
      group: "here",
      keys: "/",
      run: () => input.current?.focus(),
    },
  ]);
  return (
    <label className="search">
      <Search aria-hidden size={15} />
      <input
        ref={input}
        type="search"
        value={filters.text}
        placeholder={m.runs_search_in()}
        aria-label={m.runs_search()}
        data-testid="runs-search"
        onChange={(event) => set({ text: event.target.value })}
      />
    </label>
  );
}

export function RunFilters({ filters, set }: RunFiltersProps) {
  const several = (useProjects().data?.length ?? 0) > 1;
  const timeTexts: Record<TimeFilter, string> = {
    any: m.time_any(),
    day: m.time_day(),
    week: m.time_week(),
    month: m.time_month(),
    year: m.time_year(),
  };
  return (
    <fieldset className="run-filters" aria-label={m.runs_filters()}>
      {several && (
        <Segmented
          label={m.runs_scope()}
          value={filters.everywhere ? "all" : "one"}
          onChange={(scope) => set({ everywhere: scope === "all", pipeline: "" })}
          options={[
            { value: "one", label: m.scope_one() },
            { value: "all", label: m.scope_all() },
          ]}
        />
      )}
      <Select<StateFilter>
        label={m.runs_filter()}
        className="filter-select"
        value={filters.state}
        onChange={(state) => set({ state })}
        testId="runs-filter"
        options={[
          { value: "all", label: m.status_all() },
          ...RUN_STATES.map((value) => ({
            value,
            label: statusText(value),
            icon: <StatusIcon status={value} size={14} />,
          })),
        ]}
      />
      <Select<TimeFilter>
        label={m.runs_time()}
        className="filter-select"
        value={filters.time}
        onChange={(time) => set({ time })}
        testId="runs-time"
        options={TIMES.map((value) => ({ value, label: timeTexts[value] }))}
      />
      <PipelineFilter filters={filters} set={set} />
      <button
        type="button"
        className="toggle"
        aria-pressed={filters.favourites}
        data-testid="runs-favourites"
        onClick={() => set({ favourites: !filters.favourites })}
      >
        <Star aria-hidden size={14} /> {m.favourites()}
      </button>
      {isNarrowed(filters) && (
        <Button
          small
          look="ghost"
          icon={X}
          data-testid="runs-clear"
          onClick={() => set({ ...NO_FILTERS, everywhere: filters.everywhere })}
        >
          {m.filters_clear()}
        </Button>
      )}
    </fieldset>
  );
}

/** The saved pipelines whose runs can be asked for; without any there is nothing to choose. */
function PipelineFilter({ filters, set }: RunFiltersProps) {
  const pipelines = useQuery({
    queryKey: ["pipelines", "all"],
    queryFn: ({ signal }) => design.pipelines(undefined, signal),
    select: (answer) => answer.pipelines,
  }).data;
  if (!pipelines?.length) return null;
  return (
    <Select
      label={m.runs_pipeline()}
      className="filter-select"
      value={filters.pipeline}
      onChange={(pipeline) => set({ pipeline })}
      testId="runs-pipeline"
      options={[
        { value: "", label: m.pipelines_all() },
        ...pipelines.map(({ id, name }) => ({ value: id, label: name })),
      ]}
    />
  );
}
