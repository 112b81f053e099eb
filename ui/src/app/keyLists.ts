// Keys that are no command's own: those that the system makes into copy and paste, and those of whatever has the focus.
import { shownKeys } from "@/components/commands";
import { m } from "@/paraglide/messages.js";

/** By command: the keys that reach it as an event of the clipboard. */
export const SYSTEM_KEYS: Record<string, string> = { "design.copy": "mod+c", "design.paste": "mod+v" };

export interface KeyLine {
  keys: string[];
  text: string;
}

/** What a node of the canvas and a row of the outline answer to. */
export function nodeKeys(): KeyLine[] {
  return [
    { keys: ["arrowup", "arrowdown", "arrowleft", "arrowright"].map(shownKeys), text: m.keys_arrows() },
    { keys: [shownKeys("enter")], text: m.keys_open_form() },
    { keys: [shownKeys("space")], text: m.keys_space() },
    { keys: [`${shownKeys("shift")} ${shownKeys("arrowup")}`], text: m.keys_nudge() },
    { keys: [`${shownKeys("shift")} ${m.keys_drag()}`], text: m.keys_box() },
    { keys: ["+", "-", `${shownKeys("mod")} ${m.keys_scroll()}`], text: m.keys_zoom() },
  ];
}
