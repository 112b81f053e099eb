import { useSyncExternalStore } from "react";

/** Whether the window is narrower than `width` in CSS px, as it is at a high zoom; side-by-side panes then stand one above the other. */
export function useNarrow(width: number): boolean {
  const media = `(max-width: ${width}px)`;
  return useSyncExternalStore(
    (onChange) => {
      const list = window.matchMedia(media);
      list.addEventListener("change", onChange);
      return () => list.removeEventListener("change", onChange);
    },
    () => window.matchMedia(media).matches,
  );
}
