// The editor's own copy of what it edits, written with every change. It outlives a crash of the window and a server that does not
// answer; the draft on the server outlives the browser's storage. One slot a document, and one name for the slot that is open.
import type { Json, Pipeline } from "@/api/types";

export interface Backup {
  slot: string;
  /** The saved pipeline's id; null for one that never reached the server. */
  id: string | null;
  projectId: string | null;
  version: number;
  /** Number of the last draft on the server that the window knew. */
  seq: number;
  writer: string;
  runId?: string;
  document: Pipeline;
  /** Milliseconds since the epoch of the last edit. */
  at: number;
  /** Whether the server lacks this state. */
  dirty: boolean;
}

const PREFIX = "brickwork.document.";
const EDITOR = "brickwork.editor.";
const CURRENT = "brickwork.document";

/** Largest history in characters that is kept here; a longer one is kept on the server only. */
const EDITOR_MAX = 1_000_000;

function read<T>(storage: Storage, key: string): T | undefined {
  try {
    const text = storage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** Whether there was room. A full storage is no reason to stop: the server has the draft too. */
function write(storage: Storage, key: string, value: unknown): boolean {
  try {
    storage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function backupsIn(storage: Storage) {
  const keys = () => Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
  return {
    read: (slot: string) => read<Backup>(storage, PREFIX + slot),
    write: (backup: Backup) => write(storage, PREFIX + backup.slot, backup),
    /** Notes which one is open, for the next start. */
    open: (slot: string) => write(storage, CURRENT, slot),
    /** The copy that was open last. */
    current: () => {
      const slot = read<string>(storage, CURRENT);
      return slot === undefined ? undefined : read<Backup>(storage, PREFIX + slot);
    },
    editor: (slot: string) => read<Json>(storage, EDITOR + slot),
    /** Keeps the editor's state and answers its size in characters. */
    writeEditor: (slot: string, editor: Json): number => {
      const text = JSON.stringify(editor);
      if (text.length > EDITOR_MAX || !write(storage, EDITOR + slot, editor))
        storage.removeItem(EDITOR + slot);
      return text.length;
    },
    remove: (slot: string) => {
      storage.removeItem(PREFIX + slot);
      storage.removeItem(EDITOR + slot);
    },
    /** Forgets which one is open, for when there is none. */
    close: () => storage.removeItem(CURRENT),
    /** Copies beside the one in `slot` that the server lacks. */
    unsent: (slot: string | undefined) =>
      keys()
        .filter((key) => key.startsWith(PREFIX))
        .flatMap((key) => read<Backup>(storage, key) ?? [])
        .filter((backup) => backup.dirty && backup.slot !== slot),
  };
}

export type Backups = ReturnType<typeof backupsIn>;
