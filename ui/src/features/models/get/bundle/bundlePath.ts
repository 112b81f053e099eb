/** How bundles end. */
export const BUNDLE_EXTENSION = "brickwork-bundle";

/** A name for a bundle in the folder, with the day in it. */
export function bundleIn(folder: string, now: Date): string {
  const separator = folder.includes("\\") ? "\\" : "/";
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");
  return `${folder.replace(/[\\/]+$/, "")}${separator}brickwork-${day}.${BUNDLE_EXTENSION}`;
}
