// Carries requests to the orchestrator's router: inside the window through the Tauri command `api_request`, in a browser through
// fetch. Both give the same thing, a status and a body that arrives piece by piece, so nothing above knows which one it talks to.
import { Channel, invoke } from "@tauri-apps/api/core";

export interface ApiRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Absolute path on the router, query included, e.g. `/api/v1/orchestrator/runs?limit=50`. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

export interface ApiResponse {
  status: number;
  headers: Record<string, string>;
  /** The body's text, in the pieces in which it arrived. Can be read once. */
  body: AsyncIterable<string>;
}

type Frame =
  | { kind: "head"; status: number; headers: Record<string, string> }
  | { kind: "data"; text: string }
  | { kind: "end" }
  | { kind: "error"; message: string };

/** True inside the desktop window, false in a browser. */
export function isDesktop(): boolean {
  return typeof window !== "undefined" && "__TAURI_INTERNALS__" in window;
}

export function send(request: ApiRequest): Promise<ApiResponse> {
  return isDesktop() ? sendThroughWindow(request) : sendThroughFetch(request);
}

/** The whole body as one text. */
export async function readAll(response: ApiResponse): Promise<string> {
  let text = "";
  for await (const piece of response.body) text += piece;
  return text;
}

async function sendThroughFetch(request: ApiRequest): Promise<ApiResponse> {
  const { path, ...init } = request;
  const response = await fetch(path, { ...init, credentials: "same-origin" });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: decode(response.body),
  };
}

async function* decode(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<string> {
  if (!stream) return;
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const text = decoder.decode(value, { stream: true });
      if (text) yield text;
    }
    const tail = decoder.decode();
    if (tail) yield tail;
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function sendThroughWindow({ signal, headers, ...request }: ApiRequest): Promise<ApiResponse> {
  signal?.throwIfAborted();
  const id = crypto.randomUUID();
  const frames = frameQueue();
  const onFrame = new Channel<Frame>();
  onFrame.onmessage = frames.push;
  const abort = () => {
    frames.fail(signal?.reason ?? new DOMException("Aborted", "AbortError"));
    invoke("api_abort", { id }).catch(() => {});
  };
  signal?.addEventListener("abort", abort, { once: true });
  invoke("api_request", { request: { id, ...request, headers: headers ?? {} }, onFrame }).catch((error) =>
    frames.fail(new TypeError(String(error))),
  );

  const head = await frames.next();
  if (head?.kind !== "head") throw new TypeError("the window's router answered without a head");
  return { status: head.status, headers: head.headers, body: body() };

  async function* body(): AsyncGenerator<string> {
    let ended = false;
    try {
      for (;;) {
        const frame = await frames.next();
        if (!frame) break;
        if (frame.kind === "data") yield frame.text;
      }
      ended = true;
    } finally {
      signal?.removeEventListener("abort", abort);
      if (!ended && !signal?.aborted) invoke("api_abort", { id }).catch(() => {});
    }
  }
}

/** A queue between the channel's callback and the reader; `next` answers undefined after the end frame. */
export function frameQueue() {
  const waiting: Frame[] = [];
  let failure: unknown;
  let ended = false;
  let wake: (() => void) | undefined;

  function push(frame: Frame): void {
    if (frame.kind === "end") ended = true;
    else if (frame.kind === "error") failure ??= new TypeError(frame.message);
    else waiting.push(frame);
    wake?.();
  }

  async function next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = waiting.shift();
      if (frame) return frame;
      if (failure !== undefined) throw failure;
      if (ended) return undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    push,
    next,
    fail(error: unknown) {
      failure ??= error;
      wake?.();
    },
  };
}
