import { Dialog } from "@base-ui/react/dialog";
import { Command as Cmdk, defaultFilter } from "cmdk";
import { useState } from "react";
import {
  allCommands,
  COMMAND_GROUPS,
  type Command,
  type CommandGroup,
  shownKeys,
  useCommands,
  useRegistry,
} from "@/components/commands";
import { m } from "@/paraglide/messages.js";
import { SYSTEM_KEYS } from "./keyLists";

export const GROUP_TITLES: Record<CommandGroup, () => string> = {
  here: () => m.group_here(),
  edit: () => m.group_edit(),
  view: () => m.group_view(),
  run: () => m.group_run(),
  go: () => m.group_go(),
  settings: () => m.group_settings(),
};

/** Every command of the open screen, found by typing some of its letters. */
export function CommandPalette() {
  const [open, setOpen] = useState(false);
  useCommands([
    {
      id: "app.palette",
      title: m.palette(),
      group: "view",
      keys: "mod+k",
      run: () => setOpen((was) => !was),
    },
  ]);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Backdrop className="sheet-backdrop" />
        <Dialog.Popup className="palette" data-testid="command-palette">
          <Dialog.Title className="sr-only">{m.palette()}</Dialog.Title>
          <PaletteList onDone={() => setOpen(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Commands are found by their title and words; their ids are nobody's language. */
function byTitle(_: string, search: string, [title = "", words = ""]: string[] = []): number {
  return Math.max(
    defaultFilter?.(title, search) ?? 0,
    words === "" ? 0 : 0.8 * (defaultFilter?.(words, search) ?? 0),
  );
}

function PaletteList({ onDone }: { onDone: () => void }) {
  const commands = allCommands(useRegistry((registry) => registry.lists)).filter(
    ({ id }) => id !== "app.palette",
  );
  return (
    <Cmdk label={m.palette()} loop vimBindings={false} filter={byTitle}>
      <Cmdk.Input className="palette-input" placeholder={m.palette_search()} data-testid="palette-input" />
      <Cmdk.List className="palette-list" label={m.palette()}>
        <Cmdk.Empty className="palette-empty">{m.palette_none()}</Cmdk.Empty>
        {COMMAND_GROUPS.map((group) => (
          <Group
            key={group}
            group={group}
            commands={commands.filter((one) => one.group === group)}
            onDone={onDone}
          />
        ))}
      </Cmdk.List>
    </Cmdk>
  );
}

interface GroupProps {
  group: CommandGroup;
  commands: Command[];
  onDone: () => void;
}

function Group({ group, commands, onDone }: GroupProps) {
  if (commands.length === 0) return null;
  return (
    <Cmdk.Group heading={GROUP_TITLES[group]()} className="palette-group">
      {commands.map((command) => (
        <Cmdk.Item
          key={command.id}
          value={command.id}
          keywords={[command.title, command.words ?? ""]}
          disabled={command.disabled}
          className="palette-item"
          data-testid={`command-${command.id}`}
          onSelect={() => {
            onDone();
            // The palette gives the focus back first; a command may move it on from there.
            setTimeout(command.run);
          }}
        >
          <span>{command.title}</span>
          <Keys command={command} />
        </Cmdk.Item>
      ))}
    </Cmdk.Group>
  );
}

export function Keys({ command }: { command: Command }) {
  const keys = [command.keys ?? SYSTEM_KEYS[command.id] ?? []].flat();
  return (
    <span className="palette-keys">
      {keys.map((one) => (
        <kbd key={one}>{shownKeys(one)}</kbd>
      ))}
    </span>
  );
}
