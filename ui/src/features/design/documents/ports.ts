// What an editing session needs from the outside, and what it tells.
import type { design } from "@/api/design";
import type { Json, Pipeline } from "@/api/types";

/** `none`: no document, or one that is as it was chosen and not worth keeping yet. */
export type SaveState = "none" | "saved" | "saving" | "offline" | "conflict";

export interface DocumentState {
  id: string | null;
  projectId: string | null;
  /** The newest version's number; 0 before there is one. */
  version: number;
  state: SaveState;
  /** RFC 3339 stamp of the last save. */
  savedAt: string | null;
  /** The run whose outputs count as known: the last one made from this document, or the one it was opened from. */
  runId?: string;
  /** Why the draft was refused, where trying again does not help. */
  problem?: string;
  /** In a conflict: what the other window saved, and when. */
  theirs?: { document: Pipeline; savedAt: string };
}

/** What the user is told about by the way. */
export type Notice =
  | { kind: "recovered" }
  | { kind: "recovered_over_theirs" }
  | { kind: "theirs_were_newer" }
  | { kind: "updated_elsewhere" }
  | { kind: "deleted_elsewhere" };

export interface DraftPort {
  pipeline: () => Pipeline | null;
  /** Undo history and the like. */
  editor: () => Json;
  /** Opens a document; this is no edit. */
  load: (pipeline: Pipeline, editor?: Json) => void;
  /** Opens what the window showed when it was last closed, which the draft may still hold. */
  resume: (pipeline: Pipeline, editor?: Json) => void;
  /** Puts a whole document in the place of the open one, as one edit that can be undone. */
  replace: (pipeline: Pipeline) => void;
}

type Calls = Pick<
  typeof design,
  "pipeline" | "createPipeline" | "saveDraft" | "saveVersion" | "labelVersion" | "execute"
>;

export interface Ports {
  api: Calls;
  draft: DraftPort;
  storage: Storage;
  now: () => number;
  tell: (notice: Notice) => void;
  /** Labels of versions that are kept so that nothing is lost. */
  labels: { theirs: () => string; mine: () => string };
  defaultProject: () => string;
}

/** An open document, or one that was left and still has something to send. */
export interface Doc {
  slot: string;
  id: string | null;
  projectId: string | null;
  version: number;
  /** Number of the last draft on the server that this window knows. */
  seq: number;
  /** Who wrote a draft: this window, and the one whose place it took after a crash. */
  writer: string;
  before?: string;
  runId?: string;
  /** Edits so far, and the number of the last one that the server has. */
  edits: number;
  saved: number;
  at: number;
  /** When the server last said how the document stands there. */
  heard: number;
  retry: number;
  timer?: ReturnType<typeof setTimeout>;
  running?: Promise<void>;
  /** What it held when another document was opened. */
  left?: { pipeline: Pipeline; editor: Json };
}
