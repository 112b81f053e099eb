import { BookOpen, Search, SearchX } from "lucide-react";
import { useId, useState } from "react";
import {
  type CatalogModelView,
  type CatalogProblemView,
  useCatalog,
  useHub,
  useMemory,
} from "@/api/getModels";
import type { Role } from "@/api/types";
import { Button } from "@/components/Button";
import { Select } from "@/components/Choice";
import { RoleIcon } from "@/components/RoleChip";
import { ROLES } from "@/components/roles";
import { EmptyState, ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { CatalogCard } from "./CatalogCard";
import {
  type CatalogFilter,
  type CatalogGroup,
  filtered,
  firstOf,
  grouped,
  MACHINES,
  type MachineFilter,
  NO_FILTER,
} from "./filter";
import { type Room, roomOf } from "./room";

/** As many cards are shown at first, and with each press of the button below them. */
const PAGE = 60;

const machineTexts: Record<MachineFilter, () => string> = {
  here: () => m.machine_here(),
  any: () => m.machine_any(),
  cpu: () => m.machine_cpu(),
  "8GB": () => m.machine_gb({ size: "8" }),
  "16GB": () => m.machine_gb({ size: "16" }),
  "32GB": () => m.machine_gb({ size: "32" }),
};

/** The models that are known by name, by the roles that they are for. */
export function Catalog() {
  const catalog = useCatalog();
  if (catalog.isPending) return <Skeleton rows={4} tall />;
  if (catalog.isError)
    return <ErrorPanel title={m.catalog_failed()} error={catalog.error} onRetry={() => catalog.refetch()} />;
  const { entries, own_entries_problem, own_catalog_path } = catalog.data;
  return (
    <>
      {own_entries_problem && <OwnProblem problem={own_entries_problem} />}
      {entries.length === 0 ? (
        <EmptyState icon={BookOpen} title={m.catalog_empty()} />
      ) : (
        <Entries entries={entries} />
      )}
      <p className="hint breakable">{m.catalog_own_hint({ path: own_catalog_path })}</p>
    </>
  );
}

function OwnProblem({ problem }: { problem: CatalogProblemView }) {
  return (
    <div className="notice notice-warn get-own-problem" role="alert" data-testid="own-problem">
      <span className="breakable">
        <strong>{m.catalog_own_problem()}</strong> {problem.message} {problem.remedy}
        <code>{m.catalog_own_place({ path: problem.path, place: problem.place })}</code>
      </span>
    </div>
  );
}

function Entries({ entries }: { entries: CatalogModelView[] }) {
  const [filter, setFilter] = useState<CatalogFilter>(NO_FILTER);
  const [limit, setLimit] = useState(PAGE);
  const room = roomOf(useMemory());
  const shown = filtered(entries, filter, room);
  const fitting = filtered(entries, { ...filter, machine: "any" }, room);
  const hidden = fitting.length - shown.length;
  function set(patch: Partial<CatalogFilter>) {
    setFilter({ ...filter, ...patch });
    setLimit(PAGE);
  }
  return (
    <>
      <CatalogFilters filter={filter} set={set} />
      <p className="hint" role="status">
        {m.catalog_shown({ count: shown.length })}
      </p>
      {shown.length === 0 ? (
        <EmptyState icon={SearchX} title={m.catalog_none()} text={m.catalog_none_text()}>
          <Button onClick={() => set({ ...NO_FILTER, machine: "any" })}>{m.catalog_show_all()}</Button>
        </EmptyState>
      ) : (
        firstOf(grouped(shown, filter.role), limit).map((group) => (
          <Group key={group.id} group={group} room={room} />
        ))
      )}
      {shown.length > limit && (
        <Button onClick={() => setLimit(limit + PAGE)}>
          {m.catalog_more({ count: Math.min(PAGE, shown.length - limit) })}
        </Button>
      )}
      {shown.length > 0 && hidden > 0 && (
        <p className="get-hidden" data-testid="catalog-hidden">
          <span className="hint">{m.catalog_hidden({ count: hidden })}</span>
          <Button small onClick={() => set({ machine: "any" })}>
            {m.catalog_show_all()}
          </Button>
        </p>
      )}
    </>
  );
}

function CatalogFilters({
  filter,
  set,
}: {
  filter: CatalogFilter;
  set: (patch: Partial<CatalogFilter>) => void;
}) {
  return (
    <fieldset className="get-filters" aria-label={m.catalog_filters()}>
      <label className="search">
        <Search aria-hidden size={15} />
        <input
          type="search"
          value={filter.text}
          placeholder={m.catalog_search()}
          aria-label={m.catalog_search()}
          data-testid="catalog-search"
          onChange={(event) => set({ text: event.target.value })}
        />
      </label>
      <Select<Role | "any">
        label={m.role()}
        value={filter.role}
        testId="catalog-role"
        options={[
          { value: "any", label: m.catalog_every_role() },
          ...(Object.keys(ROLES) as Role[]).map((role) => ({
            value: role,
            label: role,
            icon: <RoleIcon role={role} size={13} />,
          })),
        ]}
        onChange={(role) => set({ role })}
      />
      <Select<MachineFilter>
        label={m.catalog_machine()}
        value={filter.machine}
        testId="catalog-machine"
        options={MACHINES.map((value) => ({ value, label: machineTexts[value]() }))}
        onChange={(machine) => set({ machine })}
      />
    </fieldset>
  );
}

function Group({ group, room }: { group: CatalogGroup; room: Room | undefined }) {
  const hub = useHub().data;
  const heading = useId();
  return (
    <section className="get-group" aria-labelledby={heading} data-testid={`catalog-group-${group.id}`}>
      <h3 id={heading}>
        {group.role && <RoleIcon role={group.role} size={14} />}
        {group.title}
        <span className="count">{group.entries.length}</span>
      </h3>
      <ul className="get-cards">
        {group.entries.map((entry) => (
          <CatalogCard
            key={`${entry.own} ${entry.id}`}
            entry={entry}
            room={room}
            hub={hub}
            hideRoles={group.role !== undefined && entry.roles.length < 2}
          />
        ))}
      </ul>
    </section>
  );
}
