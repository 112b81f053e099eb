// Addresses of other pages that a run leads to. Links are plain addresses, so they open in the same way from a key, a click and the
// palette.

/** The page of another run. */
export const runLink = (runId: string) => `#/runs/${encodeURIComponent(runId)}`;
export const modelsLink = "#/models";
export const compareLink = (left: string, right: string) =>
  `#/compare/${encodeURIComponent(left)}/${encodeURIComponent(right)}`;

export function open(link: string): void {
  window.location.hash = link.slice(1);
}
