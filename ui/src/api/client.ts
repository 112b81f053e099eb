// The typed calls of the orchestrator's API. One function per route; every failure is an `ApiError` that carries the router's
// problem document, so that no surface matches on message text.
import { noteAnswer } from "./session";
import { sseParser } from "./sse";
import { type ApiRequest, readAll, send } from "./transport";
import type {
  BackupReport,
  Diagnostic,
  EarlierFile,
  ExtractedFiles,
  Health,
  Highlight,
  Models,
  Pipeline,
  Problem,
  Project,
  PruneReport,
  QueueView,
  Retention,
  RunEvent,
  RunPage,
  RunView,
  ServerSettings,
  ServerView,
  Settings,
  StorageView,
  Template,
} from "./types";

const BASE = "/api/v1/orchestrator";

/** A request that was refused or did not get through; `problem.status` is 0 when nothing answered. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
  }
}

interface Options {
  method?: ApiRequest["method"];
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Statuses beyond 2xx whose body is an answer and not a problem. */
  accept?: number[];
}

function toRequest(path: string, { method, body, headers, signal }: Options): ApiRequest {
  return {
    method: method ?? (body === undefined ? "GET" : "POST"),
    path: BASE + path,
    headers: {
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  };
}

async function connect(request: ApiRequest) {
  try {
    const response = await send(request);
    noteAnswer(response.status);
    return response;
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new ApiError({
      title: "",
      status: 0,
      code: "unreachable",
      detail: String((error as Error).message ?? error),
    });
  }
}

/** One request below the API's base and its JSON answer; the calls of an area that has a file of its own are made with it. */
export async function call<T>(path: string, options: Options = {}): Promise<T> {
  const response = await connect(toRequest(path, options));
  const text = await readAll(response);
  // 204 has no body, and its callers expect none.
  if (response.status === 204) return undefined as T;
  if (response.status < 300 || options.accept?.includes(response.status)) return JSON.parse(text) as T;
  throw new ApiError(toProblem(response.status, text));
}

/** The error of a refusal that came by another way than `call`, by its status and its body. */
export const refusal = (status: number, text: string) => new ApiError(toProblem(status, text));

function toProblem(status: number, text: string): Problem {
  try {
    const body = JSON.parse(text) as Partial<Problem>;
    return { title: "", code: `http_${status}`, detail: "", ...body, status };
  } catch {
    return { title: "", status, code: `http_${status}`, detail: text.slice(0, 500) };
  }
}

const id = encodeURIComponent;

export const api = {
  templates: (signal?: AbortSignal) => call<{ templates: Template[] }>("/templates", { signal }),
  models: (signal?: AbortSignal) => call<Models>("/models", { signal }),
  projects: (signal?: AbortSignal) => call<{ projects: Project[] }>("/projects", { signal }),
  health: (signal?: AbortSignal) => call<Health>("/health", { signal }),
  settings: (signal?: AbortSignal) => call<Settings>("/settings", { signal }),
  saveSettings: (settings: Settings) => call<Settings>("/settings", { method: "PUT", body: settings }),
  validate: (pipeline: Pipeline, signal?: AbortSignal) =>
    call<{ valid: boolean; diagnostics: Diagnostic[] }>("/validate", { body: pipeline, signal }),
  /** Queues the pipeline and answers at once, with the run PENDING. */
  execute: (projectId: string, pipeline: Pipeline) =>
    call<RunView>(`/projects/${id(projectId)}/execute`, {
      body: pipeline,
      headers: { prefer: "respond-async" },
    }),
  runs: (query: { before?: string; status?: string; q?: string; limit?: number }, signal?: AbortSignal) => {
    const search = new URLSearchParams({ limit: String(query.limit ?? 50) });
    if (query.before) search.set("before", query.before);
    if (query.status) search.set("status", query.status);
    if (query.q) search.set("q", query.q);
    return call<RunPage>(`/runs?${search}`, { signal });
  },
  run: (runId: string, signal?: AbortSignal) => call<RunView>(`/runs/${id(runId)}`, { signal }),
  cancel: (runId: string) => call<RunView>(`/runs/${id(runId)}/cancel`, { method: "POST" }),
  pause: (runId: string) => call<RunView>(`/runs/${id(runId)}/pause`, { method: "POST" }),
  resume: (runId: string) => call<RunView>(`/runs/${id(runId)}/resume`, { method: "POST" }),
  /** Makes a new run that takes over the steps before the one called `from`; without it, every step runs. */
  rerun: (runId: string, from?: string) =>
    call<RunView>(`/runs/${id(runId)}/rerun${from === undefined ? "" : `?from=${id(from)}`}`, {
      method: "POST",
    }),
  queue: (signal?: AbortSignal) => call<QueueView>("/queue", { signal }),
  /** Puts a waiting run before another one, or last. */
  moveRun: (runId: string, before: string | null) =>
    call<QueueView>(`/runs/${id(runId)}/move`, { body: { before } }),
  /** The colours of a source, or of its lines `from` to before `to`. */
  highlight: (type: string, content: string, signal?: AbortSignal, lines?: { from: number; to: number }) =>
    call<Highlight>("/highlight", { body: { type, content, ...lines }, signal }),
  /** The files in a text that some model wrote; edits in it are of the `earlier` ones. Nothing is stored. */
  extract: (output: string, earlier: EarlierFile[] = []) =>
    call<ExtractedFiles>("/extract", { body: { output, ...(earlier.length > 0 && { earlier }) } }),
  storage: (signal?: AbortSignal) => call<StorageView>("/storage", { signal }),
  prune: (limits: Retention, dryRun: boolean) =>
    call<PruneReport>("/prune", { body: { ...limits, dry_run: dryRun } }),
  backup: (path: string) => call<BackupReport>("/backup", { body: { path } }),
  server: (signal?: AbortSignal) => call<ServerView>("/server", { signal }),
  switchServer: (settings: ServerSettings) => call<ServerView>("/server", { method: "PUT", body: settings }),
};

/** The run's events after the durable event `after`; ends when the run has ended, or when the connection drops in good order. */
export async function* runEvents(
  runId: string,
  after: number,
  signal: AbortSignal,
  onOpen: () => void = () => {},
): AsyncGenerator<RunEvent> {
  const request = toRequest(`/runs/${id(runId)}/events?after=${after}`, {
    headers: { accept: "text/event-stream", "last-event-id": String(after) },
    signal,
  });
  const response = await connect(request);
  if (response.status !== 200) throw new ApiError(toProblem(response.status, await readAll(response)));
  onOpen();
  const parse = sseParser();
  for await (const piece of response.body) {
    for (const { data } of parse(piece)) yield JSON.parse(data) as RunEvent;
  }
}
