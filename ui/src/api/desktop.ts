// What only the desktop window can do. Each call answers harmlessly in a browser, so callers need not ask first.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { isDesktop } from "./transport";

/** Opens the system's folder dialog; null when the user closed it or there is none. */
export async function chooseFolder(title: string): Promise<string | null> {
  return isDesktop() ? invoke<string | null>("choose_folder", { title }) : null;
}

/** The screen with which the window was asked to start, e.g. `/runs/ID`. */
export async function initialRoute(): Promise<string | null> {
  return isDesktop() ? invoke<string | null>("initial_route") : null;
}

/** Shows a folder in the system's file manager. */
export async function openPath(path: string): Promise<void> {
  if (isDesktop()) await invoke("open_path", { path });
}

/** Calls `open` with a path when another start of the application asks this window for a screen; answers how to stop that. */
export function onNavigate(open: (path: string) => void): () => void {
  if (!isDesktop()) return () => {};
  const listening = listen<string>("navigate", (event) => open(event.payload));
  return () => {
    listening.then((stop) => stop()).catch(() => {});
  };
}
