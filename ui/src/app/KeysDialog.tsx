import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { useState } from "react";
import { allCommands, COMMAND_GROUPS, useCommands, useRegistry } from "@/components/commands";
import { m } from "@/paraglide/messages.js";
import { GROUP_TITLES, Keys } from "./CommandPalette";
import { nodeKeys, SYSTEM_KEYS } from "./keyLists";

/** The keys that work now, made from the commands themselves; `?` opens it. */
export function KeysDialog() {
  const [open, setOpen] = useState(false);
  useCommands([
    { id: "app.keys", title: m.keys_title(), group: "view", keys: "?", run: () => setOpen(true) },
  ]);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Backdrop className="sheet-backdrop" />
        <Dialog.Popup className="keys-dialog" data-testid="keys-dialog">
          <header className="sheet-head">
            <div>
              <Dialog.Title className="sheet-title">{m.keys_title()}</Dialog.Title>
              <Dialog.Description className="sheet-text">{m.keys_text()}</Dialog.Description>
            </div>
            <Dialog.Close className="icon-button" aria-label={m.close()}>
              <X aria-hidden size={16} />
            </Dialog.Close>
          </header>
          <KeyList />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function KeyList() {
  const commands = allCommands(useRegistry((registry) => registry.lists));
  const onCanvas = commands.some(({ id }) => id === "design.undo");
  const groups = COMMAND_GROUPS.map((group) => ({
    group,
    listed: commands.filter((one) => one.group === group && (one.keys || SYSTEM_KEYS[one.id])),
  }));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard.
    <section className="keys-body" tabIndex={0} aria-label={m.keys_title()}>
      {onCanvas && (
        <div className="keys-group">
          <h3>{m.keys_canvas()}</h3>
          <dl>
            {nodeKeys().map(({ keys, text }) => (
              <div key={text}>
                <dt>{text}</dt>
                <dd className="palette-keys">
                  {keys.map((one) => (
                    <kbd key={one}>{one}</kbd>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </div>
      )}
      {groups.map(
        ({ group, listed }) =>
          listed.length > 0 && (
            <div key={group} className="keys-group">
              <h3>{GROUP_TITLES[group]()}</h3>
              <dl>
                {listed.map((command) => (
                  <div key={command.id}>
                    <dt>{command.title}</dt>
                    <dd>
                      <Keys command={command} />
                    </dd>
                  </div>
                ))}
              </dl>
            </div>
          ),
      )}
    </section>
  );
}
