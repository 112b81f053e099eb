// Which models of the catalog are shown, and under which headings.
import type { CatalogModelView, Workstation } from "@/api/getModels";
import type { Role } from "@/api/types";
import { ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";
import { needOfFile, type Room, verdictOf } from "./room";

/** `here` is this machine; the others are classes of machines, by memory. */
export type MachineFilter = "any" | "here" | Workstation;

export interface CatalogFilter {
  text: string;
  role: Role | "any";
  machine: MachineFilter;
}

export const MACHINES: MachineFilter[] = ["here", "any", "cpu", "8GB", "16GB", "32GB"];
export const NO_FILTER: CatalogFilter = { text: "", role: "any", machine: "here" };

export interface CatalogGroup {
  id: string;
  title: string;
  role?: Role;
  entries: CatalogModelView[];
}

function suits(entry: CatalogModelView, machine: MachineFilter, room: Room | undefined): boolean {
  if (machine === "any") return true;
  if (machine !== "here") return entry.workstation.includes(machine);
  // What is here already is worth seeing, whatever it takes.
  return entry.files.some((file) => file.present || verdictOf(needOfFile(file), room) !== "never");
}

function says(entry: CatalogModelView, words: string[]): boolean {
  const { id, title, description, licence, architecture, repository } = entry;
  const text = [id, title, description, licence, architecture, repository].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

export function filtered(
  entries: CatalogModelView[],
  { text, role, machine }: CatalogFilter,
  room: Room | undefined,
): CatalogModelView[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter(
    (entry) =>
      (role === "any" || entry.roles.includes(role)) && suits(entry, machine, room) && says(entry, words),
  );
}

/** Under each role the models made for it alone, then those for several, each entry once. A chosen role is one group. */
export function grouped(entries: CatalogModelView[], chosen: Role | "any"): CatalogGroup[] {
  if (chosen !== "any") return some([{ id: chosen, title: chosen, role: chosen, entries }]);
  const own = (Object.keys(ROLES) as Role[]).map((role) => ({
    id: role as string,
    title: role as string,
    role,
    entries: entries.filter(({ roles }) => roles.length === 1 && roles[0] === role),
  }));
  return some([
    ...own,
    { id: "several", title: m.catalog_several(), entries: entries.filter(({ roles }) => roles.length > 1) },
    { id: "none", title: m.catalog_no_role(), entries: entries.filter(({ roles }) => roles.length === 0) },
  ]);
}

const some = (groups: CatalogGroup[]) => groups.filter(({ entries }) => entries.length > 0);

/** The first `count` entries over all groups, in their order. */
export function firstOf(groups: CatalogGroup[], count: number): CatalogGroup[] {
  let left = count;
  return some(
    groups.map((group) => {
      const entries = group.entries.slice(0, Math.max(0, left));
      left -= entries.length;
      return { ...group, entries };
    }),
  );
}
