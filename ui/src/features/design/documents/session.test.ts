import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "@/api/client";
import type { SavedPipeline } from "@/api/design";
import type { Json, Pipeline } from "@/api/types";
import { pipeline, runView, step } from "@/test/fixtures";
import { backupsIn } from "./backups";
import type { Notice, Ports } from "./ports";
import { AUTOSAVE_MS, documentSession } from "./session";

const failure = (status: number, code = "x") =>
  new ApiError({ title: "", status, code, detail: `status ${status}` });

const at = (ms: number) => new Date(ms).toISOString();

/** A server that keeps one pipeline as the real one does: drafts by a growing number, versions, and nothing while it is down. */
function server() {
  let made = 0;
  const saved = new Map<string, SavedPipeline>();
  const state = {
    down: false,
    calls: [] as string[],
    versions: [] as { label?: string | null; document: Pipeline }[],
  };
  const call = <T>(name: string, answer: () => T): Promise<T> => {
    state.calls.push(name);
    return state.down ? Promise.reject(failure(0)) : new Promise((resolve) => resolve(answer()));
  };
  const get = (id: string) => {
    const found = saved.get(id);
    if (!found) throw failure(404);
    return found;
  };
  const api: Ports["api"] = {
    pipeline: (id) => call("get", () => structuredClone(get(id))),
    createPipeline: ({ document, project_id, label }) =>
      call("create", () => {
        const id = `p${++made}`;
        const stamp = at(Date.now());
        const one = {
          id,
          project_id: project_id ?? "home",
          name: document.name,
          version: 1,
          label,
          document,
          created_at: stamp,
          updated_at: stamp,
        };
        saved.set(id, one);
        state.versions.push({ label, document });
        return structuredClone(one);
      }),
    saveDraft: (id, { document, editor, base_version, seq }) =>
      call("draft", () => {
        const one = get(id);
        if (one.draft && one.draft.seq > seq) throw failure(409, "draft_conflict");
        const saved_at = at(Date.now());
        one.draft = { document, editor, base_version, seq, saved_at };
        return { saved_at, seq };
      }),
    saveVersion: (id, { document, label, base_version }) =>
      call("version", () => {
        const one = get(id);
        if (base_version != null && base_version !== one.version) throw failure(409, "stale_version");
        Object.assign(one, {
          document,
          label,
          version: one.version + 1,
          draft: undefined,
          updated_at: at(Date.now()),
        });
        state.versions.push({ label, document });
        return structuredClone(one);
      }),
    labelVersion: (_, version, label) =>
      call("label", () => ({ version, label, created_at: at(Date.now()) })),
    execute: () => call("execute", () => ({ ...runView({ run_id: "run" }), pipeline_version: 2 })),
  };
  return { api, state, saved };
}

type Server = ReturnType<typeof server>;

/** A window on that server. Two of them with the same storage are the same one before and after a crash. */
function open(on: Server, storage: Storage = new Memory()) {
  let shown: Pipeline | null = null;
  let editor: Json = { past: [] };
  const told: Notice["kind"][] = [];
  const set = (next: Pipeline, history?: Json) => {
    shown = next;
    editor = history ?? { past: [] };
    session.changed();
  };
  const session = documentSession({
    api: on.api,
    storage,
    now: () => Date.now(),
    tell: ({ kind }) => told.push(kind),
    labels: { theirs: () => "theirs", mine: () => "mine" },
    defaultProject: () => "home",
    draft: {
      pipeline: () => shown,
      editor: () => editor,
      load: set,
      resume: set,
      replace: (next) => set(next, { past: ["replace"] }),
    },
  });
  const edit = (name: string) => set({ ...(shown ?? pipeline()), name }, { past: [name] });
  return {
    session,
    edit,
    told,
    storage,
    shown: () => shown,
    editor: () => editor,
    state: () => session.store.getState(),
  };
}

class Memory implements Storage {
  private readonly items = new Map<string, string>();
  get length() {
    return this.items.size;
  }
  key = (index: number) => [...this.items.keys()][index] ?? null;
  getItem = (key: string) => this.items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.items.set(key, value);
  removeItem = (key: string) => void this.items.delete(key);
  clear = () => this.items.clear();
}

/** What a crash leaves of a window: its storage, and nothing that it had yet to do. */
const crash = () => vi.clearAllTimers();
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const START = pipeline(step("a"));

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

test("a template is kept from its first edit on, and typing costs one save", async () => {
  const on = server();
  const window = open(on);
  await window.session.create(START, { keep: false });
  expect(window.state()).toMatchObject({ id: null, state: "none" });
  await pass(5000);
  expect(on.state.calls).toEqual([]);
  window.edit("One");
  expect(window.state().state).toBe("saving");
  await pass(AUTOSAVE_MS);
  expect(window.state()).toMatchObject({ id: "p1", version: 1, state: "saved" });
  for (const name of ["T", "Tw", "Two"]) window.edit(name);
  await pass(AUTOSAVE_MS);
  expect(on.state.calls).toEqual(["create", "draft"]);
  expect(on.saved.get("p1")?.draft).toMatchObject({
    document: { name: "Two" },
    base_version: 1,
    seq: 1,
    editor: { history: { past: ["Two"] } },
  });
});

test("an edit made while a save is on its way is saved after it", async () => {
  const on = server();
  const window = open(on);
  const created = window.session.create(START);
  window.edit("During");
  await created;
  expect(window.state().state).toBe("saving");
  await pass(AUTOSAVE_MS);
  expect(window.state().state).toBe("saved");
  expect(on.saved.get("p1")?.draft?.document.name).toBe("During");
});

test("without a server edits stay here, are tried again, and arrive", async () => {
  const on = server();
  const window = open(on);
  await window.session.create(START);
  on.state.down = true;
  window.edit("Offline");
  await pass(AUTOSAVE_MS);
  expect(window.state().state).toBe("offline");
  expect(backupsIn(window.storage).current()).toMatchObject({ dirty: true, document: { name: "Offline" } });
  await pass(3000);
  on.state.down = false;
  await pass(30_000);
  expect(window.state().state).toBe("saved");
  expect(on.saved.get("p1")?.draft?.document.name).toBe("Offline");
});

test("what a left document still sends does not take the place of the open one", async () => {
  const on = server();
  const window = open(on);
  await window.session.create(START);
  // So long a silence makes the session ask the server before it sends.
  await pass(60_000);
  const { pipeline } = on.api;
  vi.spyOn(on.api, "pipeline").mockImplementationOnce(async (id) => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return pipeline(id);
  });
  window.edit("Left");
  const opened = window.session.create({ ...START, name: "Opened" });
  await opened;
  await pass(5000);
  expect(on.saved.get("p1")?.draft?.document.name).toBe("Left");
  expect(backupsIn(window.storage).current()).toMatchObject({ document: { name: "Opened" } });
  crash();
  const again = open(on, window.storage);
  await again.session.start();
  expect(again.shown()?.name).toBe("Opened");
});

test("a refusal that trying again cannot mend is told and not repeated", async () => {
  const on = server();
  const window = open(on);
  await window.session.create(START);
  vi.spyOn(on.api, "saveDraft").mockRejectedValueOnce(failure(422));
  window.edit("Bad");
  await pass(60_000);
  expect(window.state()).toMatchObject({ state: "offline", problem: "status 422" });
  window.edit("Good");
  await pass(AUTOSAVE_MS);
  expect(window.state()).toMatchObject({ state: "saved", problem: undefined });
});

test("a crash before the save loses neither the text nor its undo history", async () => {
  const on = server();
  const before = open(on);
  await before.session.create(START);
  before.edit("Typed");
  crash();
  const after = open(on, before.storage);
  await after.session.start();
  expect(after.shown()?.name).toBe("Typed");
  expect(after.editor()).toEqual({ past: ["Typed"] });
  expect(after.told).toEqual(["recovered"]);
  expect(on.saved.get("p1")?.draft?.document.name).toBe("Typed");
  expect(after.state()).toMatchObject({ id: "p1", state: "saved" });
});

test("a crash before the first save ever makes the pipeline at the next start", async () => {
  const on = server();
  on.state.down = true;
  const before = open(on);
  await before.session.create(START);
  before.edit("Never sent");
  crash();
  on.state.down = false;
  const after = open(on, before.storage);
  await after.session.start();
  expect([...on.saved.values()].map((one) => one.name)).toEqual(["Never sent"]);
  expect(after.state().state).toBe("saved");
});

test("at a start the newer of both states wins, it is told, and the other is kept as a version", async () => {
  const on = server();
  const mine = open(on);
  await mine.session.create(START);
  on.state.down = true;
  mine.edit("Mine");
  await pass(AUTOSAVE_MS);
  crash();
  on.state.down = false;
  const other = open(on);
  await other.session.openDocument("p1");
  await pass(10_000);
  other.edit("Theirs");
  await pass(AUTOSAVE_MS);
  const older = open(on, mine.storage);
  await older.session.start();
  expect(older.shown()?.name).toBe("Theirs");
  expect(older.told).toEqual(["theirs_were_newer"]);
  expect(on.state.versions.at(-1)).toMatchObject({ label: "mine", document: { name: "Mine" } });

  const newest = open(on, older.storage);
  await newest.session.start();
  on.state.down = true;
  other.session.close();
  await pass(60_000);
  newest.edit("Latest");
  await pass(AUTOSAVE_MS);
  crash();
  on.state.down = false;
  const one = on.saved.get("p1");
  if (one?.draft)
    one.draft = { ...one.draft, seq: one.draft.seq + 5, document: { ...START, name: "Earlier" } };
  const again = open(on, newest.storage);
  await again.session.start();
  expect(again.shown()?.name).toBe("Latest");
  expect(again.told).toEqual(["recovered_over_theirs"]);
  expect(on.state.versions.at(-1)).toMatchObject({ label: "theirs", document: { name: "Earlier" } });
});

/** Two windows on one pipeline, of which the second has saved over the first, which has edits of its own. */
async function conflict() {
  const on = server();
  const first = open(on);
  await first.session.create(START);
  const second = open(on);
  await second.session.openDocument("p1");
  second.edit("Theirs");
  await pass(5000);
  first.edit("Mine");
  await pass(AUTOSAVE_MS);
  expect(first.state()).toMatchObject({ state: "conflict", theirs: { document: { name: "Theirs" } } });
  first.edit("Mine too");
  await pass(60_000);
  expect(on.saved.get("p1")?.draft?.document.name).toBe("Theirs");
  return { on, first, second };
}

test("a conflict ends with mine, and theirs is a version", async () => {
  const { on, first } = await conflict();
  await first.session.resolve("mine");
  expect(first.state().state).toBe("saved");
  expect(on.saved.get("p1")?.draft?.document.name).toBe("Mine too");
  expect(on.state.versions.at(-1)).toMatchObject({ label: "theirs", document: { name: "Theirs" } });
});

test("a conflict ends with theirs, as an edit that undo takes back", async () => {
  const { first } = await conflict();
  await first.session.resolve("theirs");
  expect(first.state().state).toBe("saved");
  expect(first.shown()?.name).toBe("Theirs");
  expect(first.editor()).toEqual({ past: ["replace"] });
});

test("a conflict ends with a copy beside what the other window saved", async () => {
  const { on, first } = await conflict();
  await first.session.resolve("copy", "Copy");
  expect(first.state()).toMatchObject({ id: "p2", state: "saved" });
  expect([...on.saved.values()].map((one) => (one.draft?.document ?? one.document).name)).toEqual([
    "Theirs",
    "Copy",
  ]);
});

test("the same text in two windows is no conflict, and a window without edits follows the other", async () => {
  const on = server();
  const first = open(on);
  await first.session.create(START);
  const second = open(on);
  await second.session.openDocument("p1");
  second.edit("Same");
  await pass(5000);
  first.edit("Same");
  await pass(AUTOSAVE_MS);
  expect(first.state().state).toBe("saved");
  second.edit("Further");
  await pass(AUTOSAVE_MS);
  await first.session.check();
  expect(first.shown()?.name).toBe("Further");
  expect(first.told).toEqual(["updated_elsewhere"]);
});

test("a save whose answer was lost is no conflict", async () => {
  const on = server();
  const window = open(on);
  await window.session.create(START);
  const { saveDraft } = on.api;
  vi.spyOn(on.api, "saveDraft").mockImplementationOnce(async (...args) => {
    await saveDraft(...args);
    throw failure(0);
  });
  window.edit("Stored");
  await pass(AUTOSAVE_MS);
  expect(window.state().state).toBe("offline");
  window.edit("And further");
  await pass(AUTOSAVE_MS * 3);
  expect(window.state().state).toBe("saved");
  expect(on.saved.get("p1")?.draft).toMatchObject({ document: { name: "And further" } });
});

test("a pipeline that was deleted elsewhere becomes a new one with its next edit", async () => {
  const on = server();
  const window = open(on);
  await window.session.create(START);
  on.saved.clear();
  window.edit("Still here");
  await pass(AUTOSAVE_MS + 10);
  expect(window.state()).toMatchObject({ id: "p2", state: "saved" });
  expect(window.told).toEqual(["deleted_elsewhere"]);
});

test("a version gets its name, and a stale one is a conflict", async () => {
  const on = server();
  const window = open(on);
  await window.session.create(START);
  window.edit("Second");
  expect(await window.session.save("before")).toBe(2);
  expect(on.state.versions.at(-1)).toMatchObject({ label: "before", document: { name: "Second" } });
  expect(on.saved.get("p1")?.draft).toBeUndefined();
  await on.api.saveVersion("p1", { document: { ...START, name: "Elsewhere" } });
  window.edit("Third");
  await expect(window.session.save()).rejects.toThrow();
  expect(window.state().state).toBe("conflict");
});

test("a run is made from what is saved, and its version is known afterwards", async () => {
  const on = server();
  const window = open(on);
  await window.session.create(START, { keep: false });
  const execute = vi.spyOn(on.api, "execute");
  await window.session.execute();
  expect(execute).toHaveBeenCalledWith("home", START, "p1");
  expect(window.state()).toMatchObject({ runId: "run", version: 2 });
  expect(backupsIn(window.storage).current()?.runId).toBe("run");
});

test("what was left behind without a server is sent at the next start", async () => {
  const on = server();
  const window = open(on);
  on.state.down = true;
  await window.session.create({ ...START, name: "Left" });
  const second = window.session.create({ ...START, name: "Next" });
  await second;
  crash();
  on.state.down = false;
  const after = open(on, window.storage);
  await after.session.start();
  await pass(10);
  expect([...on.saved.values()].map((one) => one.name).sort()).toEqual(["Left", "Next"]);
  expect(after.shown()?.name).toBe("Next");
});

test("a full storage stops nothing", async () => {
  const on = server();
  const storage = new Memory();
  storage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const window = open(on, storage);
  await window.session.create(START);
  window.edit("Kept there");
  await pass(AUTOSAVE_MS);
  expect(on.saved.get("p1")?.draft?.document.name).toBe("Kept there");
});
