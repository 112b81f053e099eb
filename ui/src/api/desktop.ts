// What only the desktop window can do, each with what a browser does in its place, so callers need not ask which one they are in.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { isDesktop } from "./transport";

/** A text file that the user chose; `path` is empty in a browser, which does not tell it. */
export interface TextFile {
  name: string;
  path: string;
  text: string;
}

/** A thing dropped on the window. Pipelines and manifests come with their text; a browser tells no paths. */
export interface Dropped {
  kind: "pipeline" | "manifest" | "folder" | "model" | "other";
  name: string;
  path?: string;
  text?: string;
}

/** What became of a zip that was to be saved. */
export type SavedZip =
  | { kind: "saved"; path: string }
  | { kind: "dismissed" }
  /** The router's answer, which has no zip. */
  | { kind: "refused"; status: number; text: string }
  | { kind: "unwritten"; path: string; cause: string };

/** Larger text files are refused, as the window does too. In bytes. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** As many of the things dropped at once are told. */
const MAX_DROPPED = 20;

/** Opens the system's folder dialog; null when the user closed it or there is none. */
export async function chooseFolder(title: string): Promise<string | null> {
  return isDesktop() ? invoke<string | null>("choose_folder", { title }) : null;
}

/** Lets the user choose a file of an extension (without its dot) and answers its path, unread; null when the user closed the dialog or there is none. */
export async function chooseFile(title: string, extension: string): Promise<string | null> {
  return isDesktop() ? invoke<string | null>("choose_file", { title, extension }) : null;
}

/** The screen with which the window was asked to start, e.g. `/runs/ID`. */
export async function initialRoute(): Promise<string | null> {
  return isDesktop() ? invoke<string | null>("initial_route") : null;
}

/** Shows a folder in the system's file manager. */
export async function openPath(path: string): Promise<void> {
  if (isDesktop()) await invoke("open_path", { path });
}

/** Calls `open` with a path when another start of the application, or a click on a notification, asks this window for a screen; answers how to stop that. */
export function onNavigate(open: (path: string) => void): () => void {
  return isDesktop() ? onEvent<string>("navigate", open) : () => {};
}

/** Saves a text where the user says and answers where; null when the user closed the dialog. A browser downloads it and answers the name. */
export async function saveText(title: string, name: string, content: string): Promise<string | null> {
  if (isDesktop()) return invoke<string | null>("save_text", { title, name, content });
  const address = URL.createObjectURL(new Blob([content], { type: "text/plain;charset=utf-8" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The download has begun, but may not have been read yet.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return name;
}

/** Saves the zip of a run's final files where the user says. Only the window can: in a browser, `zipAddress` is a download. */
export const saveZip = (title: string, runId: string): Promise<SavedZip> =>
  invoke<SavedZip>("save_zip", { title, runId });

/** Where a browser finds the zip of a run's final files, as a download. */
export const zipAddress = (runId: string): string =>
  `/api/v1/orchestrator/runs/${encodeURIComponent(runId)}/artifacts.zip`;

/** Lets the user choose a text file of an extension (without its dot) and reads it; null when the user closed the dialog. */
export async function chooseTextFile(title: string, extension: string): Promise<TextFile | null> {
  if (isDesktop()) return invoke<TextFile | null>("choose_text_file", { title, extension });
  const input = Object.assign(document.createElement("input"), {
    type: "file",
    accept: `.${extension}`,
    title,
  });
  const file = await new Promise<File | null>((resolve) => {
    input.addEventListener("change", () => resolve(input.files?.[0] ?? null), { once: true });
    input.addEventListener("cancel", () => resolve(null), { once: true });
    input.click();
  });
  if (!file) return null;
  if (file.size > MAX_TEXT_BYTES)
    throw new Error(`${file.name} is larger than 4 MiB. Choose a smaller file.`);
  return { name: file.name, path: "", text: await file.text() };
}

/** Shows a desktop notification; a click on it opens `route`. The window shows at most one a second. A browser shows one only where the user allowed it before. */
export async function notify(title: string, body: string, route: string): Promise<void> {
  if (isDesktop()) return invoke("notify", { title, body, route });
  if (typeof Notification === "undefined" || Notification.permission !== "granted") return;
  const shown = new Notification(title, { body: body.slice(0, 200) });
  shown.onclick = () => {
    window.focus();
    window.location.hash = route;
    shown.close();
  };
}

/** Opens a link outside: web pages and mail addresses only. */
export async function openLink(url: string): Promise<void> {
  if (isDesktop()) return invoke("open_link", { url });
  if (/^(https?|mailto):/i.test(url)) window.open(url, "_blank", "noopener,noreferrer");
}

/**
 * Where a frame finds an artifact as a page. Show it in `<iframe sandbox="">` and nowhere else: what is on the page is a model's. Only `md`, `html`,
 * `css` and `svg` have one.
 */
export function previewAddress(runId: string, artifactId: number, theme: "light" | "dark"): string {
  const path = `/runs/${encodeURIComponent(runId)}/artifacts/${artifactId}`;
  if (!isDesktop()) return `/api/v1/orchestrator${path}/preview?theme=${theme}`;
  // WebView2 knows the program's schemes as hosts.
  const isWindows = navigator.userAgent.includes("Windows");
  const origin = isWindows ? "http://brickwork-preview.localhost" : "brickwork-preview://localhost";
  return `${origin}${path}?theme=${theme}`;
}

/** Calls `callback` with what is dropped on the window; answers how to stop that. */
export function onDropped(callback: (dropped: Dropped[]) => void): () => void {
  if (isDesktop()) return onEvent<Dropped[]>("dropped", callback);
  const allow = (event: DragEvent) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  };
  const drop = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    // The list is empty once this handler has returned, so what it holds is taken now.
    const entries = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const things = entries.map((item) => ({
      isFolder: item.webkitGetAsEntry?.()?.isDirectory ?? false,
      file: item.getAsFile(),
    }));
    Promise.all(things.slice(0, MAX_DROPPED).map(describe)).then((dropped) => {
      const known = dropped.filter((thing) => thing !== null);
      if (known.length > 0) callback(known);
    });
  };
  window.addEventListener("dragover", allow);
  window.addEventListener("drop", drop);
  return () => {
    window.removeEventListener("dragover", allow);
    window.removeEventListener("drop", drop);
  };
}

/** Tells a dropped file's kind, by the same rules as the window. */
async function describe({
  file,
  isFolder,
}: {
  file: File | null;
  isFolder: boolean;
}): Promise<Dropped | null> {
  if (!file) return null;
  const { name } = file;
  if (isFolder) return { kind: "folder", name };
  try {
    if ((await file.slice(0, 4).text()) === "GGUF") return { kind: "model", name };
    if (!/\.json$/i.test(name) || file.size > MAX_TEXT_BYTES) return { kind: "other", name };
    const text = await file.text();
    const kind = kindOfJson(text);
    return kind === "other" ? { kind, name } : { kind, name, text };
  } catch {
    return { kind: "other", name };
  }
}

function kindOfJson(text: string): "pipeline" | "manifest" | "other" {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return "other";
  if ("steps" in value && Array.isArray(value.steps)) return "pipeline";
  return "run_id" in value && "files" in value && Array.isArray(value.files) ? "manifest" : "other";
}

function onEvent<T>(name: string, callback: (payload: T) => void): () => void {
  const listening = listen<T>(name, (event) => callback(event.payload));
  return () => {
    listening.then((stop) => stop()).catch(() => {});
  };
}
