// Which screen is open, kept in the address's hash so that back, forward and reload work the same in a window and a browser.
import { useSyncExternalStore } from "react";

export type Route =
  | { screen: "home" }
  | { screen: "start" }
  | { screen: "design" }
  | { screen: "runs" }
  | { screen: "run"; id: string }
  | { screen: "compare"; left: string; right: string }
  | { screen: "models" }
  | { screen: "settings" };

export function parseRoute(path: string): Route {
  const [first, second, third] = path.replace(/^#?\/?/, "").split("/");
  if (first === "compare" && second && third)
    return { screen: "compare", left: decodeURIComponent(second), right: decodeURIComponent(third) };
  if (first === "runs" && second) return { screen: "run", id: decodeURIComponent(second) };
  if (
    first === "start" ||
    first === "design" ||
    first === "runs" ||
    first === "models" ||
    first === "settings"
  )
    return { screen: first };
  return { screen: "home" };
}

/** Opens a path such as `/runs/ID`. */
export function navigate(path: string): void {
  window.location.hash = path;
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener("hashchange", onChange);
  return () => window.removeEventListener("hashchange", onChange);
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => window.location.hash));
}
