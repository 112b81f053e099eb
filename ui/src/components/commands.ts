// The commands that the open screen offers. Each is registered where it is meaningful and gone when that is not shown any more; the
// palette lists them, their keys work everywhere, and the list of keys is made from them. So no key is described in two places.
import { useEffect, useRef } from "react";
import { create } from "zustand";
import { holdKey, onHeldKey } from "./heldKeys";

/** The palette's headings, in its order. */
export const COMMAND_GROUPS = ["here", "edit", "view", "run", "go", "settings"] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

export interface Command {
  /** Unique among the commands of the whole window, e.g. `design.undo`. */
  id: string;
  title: string;
  group: CommandGroup;
  /** As `mod+shift+z`, `delete`, `?`; `mod` is Cmd on a Mac and Ctrl elsewhere. Several keys may do the same. */
  keys?: string | string[];
  /** Words by which the palette finds it beside its title. */
  words?: string;
  /** A command that cannot be carried out now is listed greyed, and its key does nothing. */
  disabled?: boolean;
  /** Whether its key works while the user types in a field; keys with `mod` do unless this says false. */
  whileTyping?: boolean;
  run: () => void;
}

interface Registry {
  lists: Map<symbol, Command[]>;
  put: (owner: symbol, commands: Command[]) => void;
  drop: (owner: symbol) => void;
}

export const useRegistry = create<Registry>()((set, get) => ({
  lists: new Map(),
  put: (owner, commands) => set({ lists: new Map(get().lists).set(owner, commands) }),
  drop: (owner) => {
    const lists = new Map(get().lists);
    lists.delete(owner);
    set({ lists });
  },
}));

/** What is worth telling the registry about: everything but the functions, which are looked up when they are called. */
const described = (commands: Command[]): string =>
  JSON.stringify(commands.map(({ run: _, ...rest }) => rest));

/** Offers `commands` for as long as the calling component is shown. */
export function useCommands(commands: Command[]): void {
  const latest = useRef(commands);
  latest.current = commands;
  const owner = useRef(Symbol("commands"));
  const description = described(commands);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the description stands for the commands.
  useEffect(() => {
    const offered = latest.current.map((command, index) => ({
      ...command,
      run: () => latest.current[index]?.run(),
    }));
    useRegistry.getState().put(owner.current, offered);
  }, [description]);
  useEffect(() => {
    const mine = owner.current;
    return () => useRegistry.getState().drop(mine);
  }, []);
}

/** All commands on offer. One registered later hides an earlier one of the same id. */
export function allCommands(lists: Map<symbol, Command[]>): Command[] {
  const byId = new Map<string, Command>();
  for (const list of lists.values()) for (const command of list) byId.set(command.id, command);
  return [...byId.values()];
}

const MAC = typeof navigator !== "undefined" && /Mac/.test(navigator.userAgent);

/** The keys of an event in the words of [`Command.keys`]; null for a modifier alone. */
export function keysOf(event: KeyboardEvent): string | null {
  if (["Control", "Shift", "Alt", "Meta"].includes(event.key)) return null;
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  // Shift is part of a sign such as `?` already, and named for letters and for keys with a name.
  const shift = event.shiftKey && (key.length > 1 || /^\p{L}$/u.test(key));
  const mod = MAC ? event.metaKey : event.ctrlKey;
  return [mod && "mod", event.altKey && "alt", shift && "shift", key].filter(Boolean).join("+");
}

const NAMES: Record<string, string> = {
  mod: MAC ? "⌘" : "Ctrl",
  alt: MAC ? "⌥" : "Alt",
  shift: MAC ? "⇧" : "Shift",
  enter: "↵",
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
  escape: "Esc",
  space: "Space",
  delete: "Del",
  backspace: "⌫",
};

/** One key as it is shown to the user, e.g. `Ctrl Shift Z`. */
export function shownKeys(keys: string): string {
  return keys
    .split("+")
    .map((part) => NAMES[part] ?? (/^(.|f\d+)$/u.test(part) ? part.toUpperCase() : part))
    .join(" ");
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  !(target instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(target.type));

/** The command that answers to a key. */
function commandFor(pressed: string, typing: boolean): Command | undefined {
  return allCommands(useRegistry.getState().lists).find(({ keys, whileTyping }) => {
    const matches = [keys ?? []].flat().includes(pressed);
    return matches && (!typing || (whileTyping ?? pressed.startsWith("mod+")));
  });
}

/** Carries out the command whose key was pressed; for the window's one listener. */
export function onCommandKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const pressed = keysOf(event);
  if (pressed === null) return;
  const typing = isTyping(event.target);
  const command = commandFor(pressed, typing);
  if (command) {
    event.preventDefault();
    if (!command.disabled) command.run();
    return;
  }
  // The system must not take a key that a part of the page is about to answer to, such as the one that opens a file.
  if (!typing && holdKey(pressed) && pressed.startsWith("mod+")) event.preventDefault();
}

onHeldKey((pressed) => {
  const command = commandFor(pressed, false);
  if (command && !command.disabled) command.run();
});
