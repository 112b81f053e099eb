// An output cut into what a reader sees as one thing each.
import type { Artifact } from "@/api/types";
import { foundFiles } from "./foundFiles";

export type ReadPiece =
  | { kind: "text" | "heading" | "item"; text: string }
  | { kind: "code"; file: Artifact };

/** The pieces of `text`, in order. */
export function readPieces(stepName: string, text: string): ReadPiece[] {
  const pieces: ReadPiece[] = [];
  const files = foundFiles(stepName, text);
  let paragraph: string[] = [];
  let fence: string | undefined;
  let block: string[] = [];
  const flush = () => {
    if (paragraph.length > 0) pieces.push({ kind: "text", text: paragraph.join("\n") });
    paragraph = [];
  };
  const close = () => {
    // A block without content is no file, so it takes none of them.
    if (block.some((line) => line.trim() !== "")) {
      const file = files.shift();
      if (file) pieces.push({ kind: "code", file });
    }
    block = [];
    fence = undefined;
  };
  for (const line of text.split("\n")) {
    const opens = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (opens?.startsWith(fence) && line.trim() === opens) close();
      else block.push(line);
    } else if (opens) {
      flush();
      fence = opens;
    } else if (/^#{1,6} /.test(line)) {
      flush();
      pieces.push({ kind: "heading", text: line.replace(/^#+ /, "") });
    } else if (/^\s*([-*+]|\d+[.)]) /.test(line)) {
      flush();
      pieces.push({ kind: "item", text: line });
    } else if (line.trim() === "") flush();
    else paragraph.push(line);
  }
  flush();
  if (fence !== undefined) close();
  return pieces;
}
