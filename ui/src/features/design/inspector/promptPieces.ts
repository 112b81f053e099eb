// Cuts the exact text of a prompt into the pieces that the budget names, for their colours. The pieces put together are the text,
// sign by sign; where a border cannot be told for certain, the piece stays whole.
import type { PreviewMessage, StepPreview } from "@/api/design";
import type { Share } from "../budget";

export interface Piece {
  share: Share;
  text: string;
}

/** An output that a run has yet to make, as it stands in the text. */
const NOT_YET = /«output of `[^`]*`, up to \d+ tokens»/g;

/** The pieces of each message: the system's, the earlier turns', and the step's own turn. */
export function messagePieces(messages: PreviewMessage[], prompt: string): Piece[][] {
  const last = messages.length - 1;
  return messages.map((message, index) => {
    if (message.role === "system") return [{ share: "system", text: message.content }];
    if (message.role === "assistant") return marked(message.content, "outputs");
    const pieces = index === last ? ownTurn(message.content, prompt) : [];
    const parts = pieces.length > 0 ? pieces : [{ share: "outputs" as const, text: message.content }];
    return parts.flatMap(withProject).flatMap((piece) => marked(piece.text, piece.share));
  });
}

/** Takes the project's context, which opens the first turn of the user, off a piece. */
function withProject(piece: Piece): Piece[] {
  if (piece.share === "context" || !piece.text.startsWith("Project context:\n")) return [piece];
  const end = piece.text.indexOf("\n\n");
  if (end < 0) return [piece];
  return [
    { share: "context", text: piece.text.slice(0, end + 2) },
    { ...piece, text: piece.text.slice(end + 2) },
  ];
}

/** A step's own turn: its contexts, its files, and then the charge of its role with the instruction. */
function ownTurn(text: string, prompt: string): Piece[] {
  const start = instructionStart(text, prompt);
  const head = text.slice(0, start);
  const files = head.search(/(?:^|\n\n)Files:\n\n`/);
  const cut = files < 0 ? head.length : files === 0 ? 0 : files + 2;
  const pieces: Piece[] = [
    { share: "context", text: head.slice(0, cut) },
    { share: "files", text: head.slice(cut) },
    { share: "instruction", text: text.slice(start) },
  ];
  return pieces.filter((piece) => piece.text !== "");
}

/** Where the role's charge begins: the paragraph before the one with which the instruction begins. */
function instructionStart(text: string, prompt: string): number {
  const opening = prompt.split("{{")[0]?.split("\n")[0] ?? "";
  const at = opening === "" ? -1 : text.lastIndexOf(`\n\n${opening}`);
  if (at < 0) return 0;
  const before = text.slice(0, at);
  const paragraph = before.lastIndexOf("\n\n");
  return paragraph < 0 ? 0 : paragraph + 2;
}

/** Sets off the outputs that do not exist yet. */
export function marked(text: string, share: Share): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(NOT_YET)) {
    if (match.index > from) pieces.push({ share, text: text.slice(from, match.index) });
    pieces.push({ share: "unknown", text: match[0] });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ share, text: text.slice(from) });
  return pieces;
}

/** The exact text, in which what the chat template puts around the messages counts as the system's. */
export function textPieces(text: string, messages: Piece[][]): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const message of messages) {
    const whole = message.map((piece) => piece.text).join("");
    // Some templates take away the space around a message.
    const trimmed = whole.trim();
    const at = trimmed === "" ? -1 : text.indexOf(trimmed, from);
    if (at < 0) continue;
    const exact = text.startsWith(whole, at - whole.indexOf(trimmed)) ? at - whole.indexOf(trimmed) : -1;
    const start = exact >= from ? exact : at;
    if (start > from) pieces.push({ share: "system", text: text.slice(from, start) });
    pieces.push(...(start === exact ? message : clipped(message, trimmed)));
    from = start + (start === exact ? whole.length : trimmed.length);
  }
  if (from < text.length) pieces.push({ share: "system", text: text.slice(from) });
  return pieces;
}

/** The pieces without the space around the whole. */
function clipped(pieces: Piece[], trimmed: string): Piece[] {
  const whole = pieces.map((piece) => piece.text).join("");
  let skip = whole.indexOf(trimmed);
  let left = trimmed.length;
  return pieces.flatMap((piece) => {
    const text = piece.text.slice(skip, skip + left);
    skip = Math.max(0, skip - piece.text.length);
    left -= text.length;
    return text === "" ? [] : [{ ...piece, text }];
  });
}

/** What is copied: the exact text, or the messages where there is no template. */
export function copyText(view: StepPreview): string {
  return view.text ?? (view.messages ?? []).map(({ role, content }) => `${role}:\n${content}`).join("\n\n");
}
