// Artifacts as the rows of a tree.
import type { Artifact } from "@/api/types";

export type TreeRow =
  | { kind: "folder"; path: string; name: string; depth: number }
  | { kind: "file"; artifact: Artifact; name: string; depth: number };

interface Folder {
  folders: Map<string, Folder>;
  files: Artifact[];
}

/** The rows, folders before files and each in the order in which the artifacts come; what is in a closed folder is left out. */
export function treeRows(artifacts: Artifact[], closed: ReadonlySet<string>): TreeRow[] {
  const root: Folder = { folders: new Map(), files: [] };
  for (const artifact of artifacts) {
    let at = root;
    for (const part of artifact.name.split("/").slice(0, -1)) {
      const next = at.folders.get(part) ?? { folders: new Map(), files: [] };
      at.folders.set(part, next);
      at = next;
    }
    at.files.push(artifact);
  }
  return rowsOf(root, "", 0, closed);
}

function rowsOf(folder: Folder, path: string, depth: number, closed: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  for (const [name, inner] of folder.folders) {
    const here = path === "" ? name : `${path}/${name}`;
    rows.push({ kind: "folder", path: here, name, depth });
    if (!closed.has(here)) rows.push(...rowsOf(inner, here, depth + 1, closed));
  }
  for (const artifact of folder.files)
    rows.push({
      kind: "file",
      artifact,
      name: artifact.name.slice(artifact.name.lastIndexOf("/") + 1),
      depth,
    });
  return rows;
}
