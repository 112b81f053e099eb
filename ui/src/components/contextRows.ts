// The rows of a context form: text values are edited as they are, all others as JSON.
import type { Context, Json } from "@/api/types";

export interface Row {
  id: number;
  key: string;
  text: string;
  kind: "text" | "json";
}

let lastId = 0;

export function emptyRow(): Row {
  lastId += 1;
  return { id: lastId, key: "", text: "", kind: "text" };
}

export function toRows(context: Context): Row[] {
  return Object.entries(context).map(([key, value]) => ({
    ...emptyRow(),
    key,
    kind: typeof value === "string" ? "text" : "json",
    text: typeof value === "string" ? value : JSON.stringify(value),
  }));
}

export function parseJson(text: string): { value: Json } | { error: string } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

export type RowFault = "duplicate" | "json" | undefined;

export function rowFault(rows: Row[], row: Row): RowFault {
  if (row.kind === "json" && "error" in parseJson(row.text)) return "json";
  const twin = rows.find((other) => other.key === row.key && row.key !== "");
  return twin && twin.id !== row.id ? "duplicate" : undefined;
}

/** The context that the rows stand for; rows without a name or with a fault are left out. */
export function fromRows(rows: Row[]): Context {
  const context: Context = {};
  for (const row of rows) {
    if (row.key === "" || rowFault(rows, row)) continue;
    const parsed = row.kind === "json" ? parseJson(row.text) : { value: row.text };
    if ("value" in parsed) context[row.key] = parsed.value;
  }
  return context;
}

/** Every dotted path that a prompt may name in `context`. */
export function contextPaths(context: Context | undefined, prefix = ""): string[] {
  return Object.entries(context ?? {}).flatMap(([key, value]) => {
    const path = prefix + key;
    const inner =
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? contextPaths(value, `${path}.`)
        : [];
    return [path, ...inner];
  });
}
