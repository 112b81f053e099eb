// What the server holds of a pipeline, and whether two documents are the same.
import type { SavedPipeline } from "@/api/design";
import type { Json, Pipeline, RunView } from "@/api/types";

export interface Newest {
  document: Pipeline;
  editor?: Json;
  /** Which window wrote the draft; undefined where there is none. */
  writer?: string;
  version: number;
  seq: number;
  savedAt: string;
  projectId: string;
}

/** What the server holds last of a pipeline: its draft, or else its newest version. */
export function newest({ draft, document, version, updated_at, project_id }: SavedPipeline): Newest {
  const projectId = project_id;
  return draft
    ? {
        document: draft.document,
        ...editorOf(draft.editor),
        version,
        seq: draft.seq,
        savedAt: draft.saved_at,
        projectId,
      }
    : { document, version, seq: 0, savedAt: updated_at, projectId };
}

/** What a draft carries beside its document: its writer, and the undo history where it was small enough. */
function editorOf(editor: Json | undefined): { writer: string; editor?: Json } {
  const { writer, history } = (editor ?? {}) as { writer?: unknown; history?: Json };
  return { writer: typeof writer === "string" ? writer : "unknown", ...(history && { editor: history }) };
}

/** What a window knows of a document on the server. */
export interface Known {
  version: number;
  seq: number;
  writer: string;
  /** The window whose place this one took after a crash. */
  before?: string;
}

/** Whether the draft is this window's own. */
export const wroteIt = ({ writer, before }: Known, theirs: Newest): boolean =>
  theirs.writer !== undefined && (theirs.writer === writer || theirs.writer === before);

/** Whether the server holds what another window wrote after what this one knows. */
export function movedOn(known: Known, theirs: Newest): boolean {
  const another = theirs.writer !== undefined && !wroteIt(known, theirs) && theirs.seq !== known.seq;
  return another || theirs.version > known.version;
}

export const versionOf = (run: RunView): number => run.pipeline_version ?? 0;

/** Whether two documents say the same, whatever the order of their keys. */
export function same(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    inner && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
