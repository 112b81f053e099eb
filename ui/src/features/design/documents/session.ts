// One editing session: which saved pipeline is open, and how its edits reach the server. Every edit is copied into the browser's
// storage at once and kept as a draft on the server shortly after. Nothing here knows React or the draft store; both come as ports,
// so that crashes, lost connections and a second window can be played through in tests.
import { createStore } from "zustand/vanilla";
import { ApiError } from "@/api/client";
import type { SavedPipeline } from "@/api/design";
import type { Json, Pipeline, RunView } from "@/api/types";
import { errorSaid } from "@/components/said/said";
import { type Backup, type Backups, backupsIn } from "./backups";
import { movedOn, type Newest, newest, same, versionOf, wroteIt } from "./newest";
import type { Doc, DocumentState, Ports } from "./ports";

/** Pause in ms after the last edit before the draft is sent. */
export const AUTOSAVE_MS = 400;
/** First and longest pause in ms before a failed save is tried again. */
const RETRY_MS = 2000;
const RETRY_MAX_MS = 30_000;
/** Silence in ms after which the server is asked before a draft is sent, lest it take the place of another window's. */
const SILENCE_MS = 2000;
/** Largest editor state in characters that is kept in the browser's storage with every edit; a larger one with every save only. */
const EDITOR_SMALL = 100_000;
/** Largest editor state in characters that is sent with a draft; the server takes 2 MiB. */
const EDITOR_MAX = 1_500_000;

const EMPTY: DocumentState = { id: null, projectId: null, version: 0, state: "none", savedAt: null };

export function documentSession(ports: Ports) {
  const { api, draft, now, tell } = ports;
  const backups: Backups = backupsIn(ports.storage);
  const store = createStore<DocumentState>(() => EMPTY);
  let current: Doc | null = null;
  let loading = false;
  let editorSize = 0;

  const dirty = (doc: Doc) => doc.edits > doc.saved;
  const held = (doc: Doc) => (doc.left ? doc.left.pipeline : draft.pipeline());
  const show = (doc: Doc, state: Partial<DocumentState>) => {
    if (doc !== current) return;
    const { id, projectId, version, runId } = doc;
    store.setState({ id, projectId, version, runId, ...state });
  };

  function backup(doc: Doc): void {
    const pipeline = held(doc);
    if (!pipeline) return;
    const { slot, id, projectId, version, seq, writer, runId, at } = doc;
    const copy: Backup = {
      slot,
      id,
      projectId,
      version,
      seq,
      writer,
      ...(runId && { runId }),
      at,
      dirty: dirty(doc),
      document: pipeline,
    };
    if (doc.left && !dirty(doc)) backups.remove(slot);
    else if (backups.write(copy) && doc === current) backups.open(slot);
  }

  /** Keeps the undo history here, for when the window goes before the draft has been sent, and answers it. */
  function keepEditor(doc: Doc): Json {
    const editor = draft.editor();
    editorSize = backups.writeEditor(doc.slot, editor);
    return editor;
  }

  function load(pipeline: Pipeline, editor?: Json, how = draft.load): void {
    loading = true;
    try {
      how(pipeline, editor);
    } finally {
      loading = false;
    }
  }

  /** Turns to another document; what the last one still has to send goes on by itself. */
  function leave(): void {
    const doc = current;
    current = null;
    store.setState(EMPTY, true);
    if (!doc) return;
    const pipeline = draft.pipeline();
    if (!pipeline) return;
    doc.left = { pipeline, editor: draft.editor() };
    if (dirty(doc)) void flush(doc);
    else backups.remove(doc.slot);
  }

  const fresh = (over: Partial<Doc>): Doc => ({
    slot: crypto.randomUUID(),
    id: null,
    projectId: null,
    version: 0,
    seq: 0,
    writer: crypto.randomUUID(),
    edits: 0,
    saved: 0,
    at: now(),
    heard: now(),
    retry: RETRY_MS,
    ...over,
  });

  /** The project that a document is in, or will be in once it is saved. */
  const homeOf = (doc: Doc): string => doc.projectId ?? ports.defaultProject();

  /** Opens a pipeline that is not saved yet. `keep` saves it now; otherwise its first edit does. */
  function create(pipeline: Pipeline, options: { projectId?: string; keep?: boolean; runId?: string } = {}) {
    leave();
    const { projectId = null, keep = true, runId } = options;
    const doc = fresh({ projectId, runId, edits: keep ? 1 : 0 });
    current = doc;
    load(pipeline);
    backup(doc);
    show(doc, { state: keep ? "saving" : "none" });
    return keep ? flush(doc) : Promise.resolve();
  }

  /** Called after every change of the draft. */
  function changed(): void {
    if (loading || !draft.pipeline()) return;
    current ??= fresh({});
    const doc = current;
    doc.edits += 1;
    doc.at = now();
    backup(doc);
    if (editorSize <= EDITOR_SMALL) keepEditor(doc);
    if (store.getState().state === "conflict") return;
    show(doc, { state: store.getState().state === "offline" ? "offline" : "saving" });
    arm(doc, AUTOSAVE_MS);
  }

  function arm(doc: Doc, pause: number): void {
    clearTimeout(doc.timer);
    doc.timer = setTimeout(() => void flush(doc), pause);
  }

  /** Sends what the server lacks; resolves when it has it or has refused it. */
  async function flush(doc = current): Promise<void> {
    if (!doc) return;
    clearTimeout(doc.timer);
    if (doc.running) await doc.running;
    if (!dirty(doc) || (doc === current && store.getState().state === "conflict")) return;
    doc.running ??= push(doc).finally(() => {
      doc.running = undefined;
    });
    await doc.running;
  }

  async function push(doc: Doc): Promise<void> {
    const pipeline = held(doc);
    if (!pipeline) return;
    const editor = doc.left ? doc.left.editor : keepEditor(doc);
    const edits = doc.edits;
    try {
      if (doc.id !== null && now() - doc.heard > SILENCE_MS && (await overtaken(doc, doc.id))) return;
      const savedAt =
        doc.id === null ? await first(doc, pipeline) : await next(doc, doc.id, pipeline, editor);
      doc.saved = Math.max(doc.saved, edits);
      doc.retry = RETRY_MS;
      backup(doc);
      show(doc, { state: dirty(doc) ? "saving" : "saved", savedAt, problem: undefined });
      if (dirty(doc)) arm(doc, AUTOSAVE_MS);
    } catch (error) {
      await refused(doc, error);
    }
  }

  async function first(doc: Doc, pipeline: Pipeline): Promise<string> {
    const made = await api.createPipeline({ project_id: homeOf(doc), document: pipeline });
    rename(doc, made);
    return made.updated_at;
  }

  /** Takes over the id that the server gave, and with it the copy's place. */
  function rename(doc: Doc, made: SavedPipeline): void {
    const editor = backups.editor(doc.slot);
    backups.remove(doc.slot);
    Object.assign(doc, {
      id: made.id,
      slot: made.id,
      projectId: made.project_id,
      version: made.version,
      heard: now(),
    });
    if (doc === current && editor !== undefined) backups.writeEditor(doc.slot, editor);
  }

  async function next(doc: Doc, id: string, document: Pipeline, editor: Json): Promise<string> {
    const { writer, version } = doc;
    const small = JSON.stringify(editor).length <= EDITOR_MAX;
    const answer = await api.saveDraft(id, {
      document,
      editor: { writer, ...(small && { history: editor }) },
      base_version: version,
      seq: doc.seq + 1,
    });
    doc.seq = answer.seq;
    doc.heard = now();
    return answer.saved_at;
  }

  /** Whether another window has saved since this one last heard of the document; if so, the user is asked. */
  async function overtaken(doc: Doc, id: string): Promise<boolean> {
    const theirs = newest(await api.pipeline(id));
    if (!movedOn(doc, theirs)) {
      adopt(doc, theirs);
      return false;
    }
    await conflict(doc, id);
    return true;
  }

  async function refused(doc: Doc, error: unknown): Promise<void> {
    const status = error instanceof ApiError ? error.problem.status : 0;
    if (status === 404 && doc.id !== null) {
      forget(doc);
      return arm(doc, 0);
    }
    if (status === 409 && doc.id !== null) return conflict(doc, doc.id);
    const hopeless = status >= 400 && status < 500;
    show(doc, { state: "offline", problem: hopeless ? errorSaid(error).text : undefined });
    if (hopeless) return;
    arm(doc, doc.retry);
    doc.retry = Math.min(RETRY_MAX_MS, doc.retry * 2);
  }

  /** The saved pipeline was deleted while it was open: what is on the screen becomes a new one. */
  function forget(doc: Doc): void {
    backups.remove(doc.slot);
    Object.assign(doc, { id: null, version: 0, seq: 0, slot: crypto.randomUUID() });
    backup(doc);
    if (doc === current) tell({ kind: "deleted_elsewhere" });
  }

  async function conflict(doc: Doc, id: string): Promise<void> {
    try {
      const theirs = newest(await api.pipeline(id));
      if (same(theirs.document, held(doc))) {
        adopt(doc, theirs);
        doc.saved = doc.edits;
        return show(doc, { state: "saved", savedAt: theirs.savedAt });
      }
      // A save whose answer was lost is no one else's.
      if (wroteIt(doc, theirs) && theirs.version === doc.version) {
        adopt(doc, theirs);
        return arm(doc, 0);
      }
      if (doc !== current) return arm(doc, RETRY_MAX_MS);
      show(doc, { state: "conflict", theirs: { document: theirs.document, savedAt: theirs.savedAt } });
    } catch {
      show(doc, { state: "offline" });
      arm(doc, doc.retry);
    }
  }

  function adopt(doc: Doc, theirs: Newest): void {
    doc.version = theirs.version;
    doc.heard = now();
    doc.seq = Math.max(doc.seq, theirs.seq);
    doc.projectId = theirs.projectId;
    backup(doc);
  }

  /** Ends a conflict. Whatever loses is kept: theirs as a version, ours one undo away, or both. */
  async function resolve(choice: "mine" | "theirs" | "copy", copyName?: string): Promise<void> {
    const doc = current;
    if (!doc?.id || store.getState().state !== "conflict") return;
    const pipeline = draft.pipeline();
    if (!pipeline) return;
    if (choice === "copy") {
      Object.assign(doc, { id: null, version: 0, seq: 0, slot: crypto.randomUUID() });
      if (copyName) draft.replace({ ...pipeline, name: copyName });
    } else {
      const saved = await api.pipeline(doc.id);
      const theirs = newest(saved);
      if (choice === "mine") theirs.version = await keepAsVersion(doc.id, saved);
      adopt(doc, theirs);
      if (choice === "theirs") draft.replace(theirs.document);
    }
    doc.edits += 1;
    show(doc, { state: "saving", theirs: undefined });
    await flush(doc);
  }

  /** Makes a version of what the server holds as a draft; answers the newest version's number. */
  async function keepAsVersion(id: string, saved: SavedPipeline): Promise<number> {
    if (!saved.draft) return saved.version;
    const kept = await api.saveVersion(id, { document: saved.draft.document, label: ports.labels.theirs() });
    return kept.version;
  }

  async function openDocument(id: string): Promise<void> {
    if (current?.id === id) return;
    const copy = backups.read(id);
    const saved = await api.pipeline(id);
    leave();
    const theirs = newest(saved);
    const doc = fresh({
      slot: id,
      id,
      projectId: saved.project_id,
      version: theirs.version,
      seq: theirs.seq,
      runId: copy?.runId,
    });
    current = doc;
    if (copy?.dirty) {
      const { version, seq, at, writer } = copy;
      Object.assign(doc, { version, seq, at, before: writer, edits: 1 });
      load(copy.document, backups.editor(id));
      return reconcile(doc, saved, true);
    }
    load(theirs.document, theirs.editor);
    backup(doc);
    show(doc, { state: "saved", savedAt: theirs.savedAt });
  }

  /** Opens what was open when the window was last closed, and sends what could not be sent then. */
  async function start(): Promise<void> {
    const copy = backups.current();
    for (const other of backups.unsent(copy?.slot)) send(other);
    if (!copy) {
      if (draft.pipeline() && !current) changed();
      return;
    }
    const { slot, id, projectId, version, seq, runId, at, writer: before } = copy;
    const doc = fresh({ slot, id, projectId, version, seq, runId, at, before, edits: copy.dirty ? 1 : 0 });
    current = doc;
    load(copy.document, backups.editor(slot), draft.resume);
    show(doc, { state: copy.dirty ? "saving" : id === null ? "none" : "saved" });
    if (id === null) return copy.dirty ? flush(doc) : undefined;
    try {
      await reconcile(doc, await api.pipeline(id), true);
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 404) {
        forget(doc);
        doc.edits += 1;
        return flush(doc);
      }
      if (!dirty(doc)) return;
      show(doc, { state: "offline" });
      arm(doc, doc.retry);
    }
  }

  /** A copy of a document that is not open: sent by itself, so that it appears among the saved pipelines. */
  function send(copy: Backup): void {
    // One that has a place on the server waits until it is opened: only then can a conflict be shown.
    if (copy.id !== null) return;
    const left = { pipeline: copy.document, editor: null };
    void flush(fresh({ slot: copy.slot, projectId: copy.projectId, at: copy.at, edits: 1, left }));
  }

  /** Compares what is open with what the server has. At a start the newer one wins and it is said; later the user chooses. */
  async function reconcile(doc: Doc, saved: SavedPipeline, starting: boolean): Promise<void> {
    if (doc !== current) return flush(doc);
    const theirs = newest(saved);
    const ours = held(doc);
    const equal = same(theirs.document, ours);
    const moved = movedOn(doc, theirs);
    if (equal || !moved) {
      adopt(doc, theirs);
      if (equal) doc.saved = doc.edits;
      show(doc, { state: dirty(doc) ? "saving" : "saved", savedAt: theirs.savedAt });
      if (dirty(doc) && starting) tell({ kind: "recovered" });
      return flush(doc);
    }
    if (!dirty(doc)) {
      adopt(doc, theirs);
      load(theirs.document, theirs.editor);
      backup(doc);
      show(doc, { state: "saved", savedAt: theirs.savedAt });
      return tell({ kind: "updated_elsewhere" });
    }
    if (!starting || !doc.id || !ours) return void (doc.id && (await conflict(doc, doc.id)));
    if (doc.at >= Date.parse(theirs.savedAt)) {
      theirs.version = await keepAsVersion(doc.id, saved);
      adopt(doc, theirs);
      tell({ kind: "recovered_over_theirs" });
      return flush(doc);
    }
    const kept = await api.saveVersion(doc.id, { document: ours, label: ports.labels.mine() });
    adopt(doc, { ...theirs, version: kept.version });
    load(theirs.document, theirs.editor);
    doc.edits += 1;
    tell({ kind: "theirs_were_newer" });
    return flush(doc);
  }

  /** Looks whether another window has changed the document; for when this one gets the focus. */
  async function check(): Promise<void> {
    const doc = current;
    if (!doc?.id || doc.running || store.getState().state === "conflict") return;
    if (dirty(doc)) return flush(doc);
    try {
      const saved = await api.pipeline(doc.id);
      if (doc === current && !doc.running && !dirty(doc)) await reconcile(doc, saved, false);
    } catch {
      // The next save tells whether the server is there.
    }
  }

  /** Makes a version of what is open, named when `label` is given; answers its number. */
  async function save(label?: string): Promise<number> {
    const doc = current;
    const pipeline = draft.pipeline();
    if (!doc || !pipeline) return 0;
    clearTimeout(doc.timer);
    if (doc.running) await doc.running;
    const edits = doc.edits;
    show(doc, { state: "saving" });
    try {
      const saved = await version(doc, pipeline, label);
      if (label && saved.label !== label) await api.labelVersion(saved.id, saved.version, label);
      doc.saved = Math.max(doc.saved, edits);
      doc.version = saved.version;
      backup(doc);
      show(doc, { state: dirty(doc) ? "saving" : "saved", savedAt: saved.updated_at, problem: undefined });
      return saved.version;
    } catch (error) {
      doc.edits += 1;
      await refused(doc, error);
      throw error;
    }
  }

  async function version(doc: Doc, document: Pipeline, label?: string): Promise<SavedPipeline> {
    if (doc.id !== null)
      return api.saveVersion(doc.id, { document, label: label ?? null, base_version: doc.version });
    const made = await api.createPipeline({ project_id: homeOf(doc), document, label: label ?? null });
    rename(doc, made);
    return made;
  }

  /** Runs what is open. It is saved first, so that the run knows which version it carried out. */
  async function execute(): Promise<RunView> {
    const doc = current;
    const pipeline = draft.pipeline();
    if (!doc || !pipeline) throw new Error("there is no open pipeline");
    if (doc.id === null && !dirty(doc)) doc.edits += 1;
    await flush(doc);
    const run = await api.execute(homeOf(doc), pipeline, doc.id ?? undefined);
    if (doc === current) noteRun(run);
    return run;
  }

  /** Takes the outputs of `run`, which was made from what is open, as those that the preview knows. */
  function noteRun(run: RunView): void {
    if (!current) return;
    current.runId = run.run_id;
    current.version = Math.max(current.version, versionOf(run));
    backup(current);
    show(current, {});
  }

  return {
    store,
    create,
    changed,
    flush: () => flush(),
    keepEditor: () => {
      if (current && draft.pipeline()) keepEditor(current);
    },
    noteRun,
    resolve,
    openDocument,
    start,
    check,
    save,
    execute,
    /** Turns the open document over to nothing, e.g. when it was deleted. */
    close: () => {
      if (current) {
        clearTimeout(current.timer);
        backups.remove(current.slot);
        backups.close();
      }
      current = null;
      store.setState(EMPTY, true);
    },
  };
}
