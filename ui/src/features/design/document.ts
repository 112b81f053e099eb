// The saved pipeline that the Design screen edits: the one editing session of this window, and how components reach it.
import { useEffect } from "react";
import { toast } from "sonner";
import { useStore } from "zustand";
import { useChosenProject } from "@/api/currentProject";
import { design } from "@/api/design";
import type { Pipeline, RunView } from "@/api/types";
import { useCurrentProject } from "@/components/currentProject";
import { m } from "@/paraglide/messages.js";
import { same } from "./documents/newest";
import type { DocumentState, DraftPort, Notice } from "./documents/ports";
import { documentSession } from "./documents/session";
import { useDraft } from "./draft";

export type { DocumentState, SaveState } from "./documents/ports";

const draft: DraftPort = {
  pipeline: () => useDraft.getState().pipeline,
  editor: () => useDraft.getState().exportHistory(),
  load: (pipeline, editor) => {
    useDraft.getState().open(pipeline);
    if (editor) useDraft.getState().importHistory(editor);
  },
  resume: (pipeline, editor) => {
    const { pipeline: shown, open } = useDraft.getState();
    if (!shown || !same(shown, pipeline)) open(pipeline);
    if (editor) useDraft.getState().importHistory(editor);
  },
  replace: (pipeline) => useDraft.getState().replace(pipeline),
};

const NOTICES: Record<Notice["kind"], () => string> = {
  recovered: () => m.doc_recovered(),
  recovered_over_theirs: () => m.doc_recovered_over_theirs(),
  theirs_were_newer: () => m.doc_theirs_newer(),
  updated_elsewhere: () => m.doc_updated_elsewhere(),
  deleted_elsewhere: () => m.doc_deleted_elsewhere(),
};

const session = documentSession({
  api: design,
  draft,
  storage: localStorage,
  now: () => Date.now(),
  tell: ({ kind }) => toast(NOTICES[kind](), { id: "document-notice", duration: 10_000 }),
  labels: { theirs: () => m.doc_label_theirs(), mine: () => m.doc_label_mine() },
  defaultProject: () => project ?? useChosenProject.getState().id,
});

/** The project that the window works in, once it is known that it exists. */
let project: string | undefined;

/** Keeps the session in step with the window's project: new pipelines are saved in it. */
export function useSessionProject(): void {
  const { projectId } = useCurrentProject();
  useEffect(() => {
    project = projectId;
  }, [projectId]);
}

let started: Promise<void> | undefined;

/** Opens what was open last and begins to save edits. Called by every part of the Design screen that needs it; the first call counts. */
export function startDocuments(): Promise<void> {
  started ??= begin();
  return started;
}

function begin(): Promise<void> {
  session.store.subscribe(({ id }) => {
    if (useDraft.getState().documentId !== id) useDraft.setState({ documentId: id });
  });
  useDraft.subscribe((now, before) => {
    if (now.pipeline !== before.pipeline) session.changed();
  });
  window.addEventListener("blur", () => void session.flush());
  window.addEventListener("focus", () => void session.check());
  window.addEventListener("online", () => void session.flush());
  window.addEventListener("pagehide", () => {
    session.keepEditor();
    void session.flush();
  });
  return session.start();
}

const actions = {
  /** Makes a version of the draft, with a name when one is given; answers its number. */
  save: session.save,
  /** Opens a saved pipeline in the state in which it was last left. */
  openDocument: async (id: string): Promise<void> => {
    await startDocuments();
    await session.openDocument(id);
    useDraft.getState().choose(false);
  },
  /** Opens a pipeline that is not saved yet. With `keep: false` it is saved at its first edit only. */
  create: (pipeline: Pipeline, options?: { projectId?: string; keep?: boolean; runId?: string }): void => {
    void startDocuments();
    void session.create(pipeline, options);
  },
  /** Starts a run of the draft. The executed document is kept as a version, and the preview knows the run's outputs from then on. */
  execute: (): Promise<RunView> => session.execute(),
  /** Tells that `run` was made from the open document. */
  noteRun: session.noteRun,
  /** Ends a conflict with another window. */
  resolve: session.resolve,
  /** Sends what is not saved yet without waiting. */
  flush: session.flush,
  /** Puts another document in the place of the open one, as an edit that can be undone. */
  replace: draft.replace,
  /** Leaves the open document, e.g. since it was deleted. */
  close: () => {
    session.close();
    useDraft.setState({ pipeline: null, documentId: null, past: [], future: [] });
  },
};

export type DocumentActions = typeof actions;

export function useDocument(): DocumentState & DocumentActions {
  return { ...useStore(session.store), ...actions };
}

/** The same outside components. */
export const documents = { ...actions, state: () => session.store.getState() };
