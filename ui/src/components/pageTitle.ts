import { useEffect } from "react";

/** Names the window after what is open in it, e.g. `Runs – Brickwork`. */
export function usePageTitle(text: string | undefined): void {
  useEffect(() => {
    if (text) document.title = `${text} – Brickwork`;
  }, [text]);
}
