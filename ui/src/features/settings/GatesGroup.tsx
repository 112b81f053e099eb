import { Plus, TriangleAlert, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { Setting, SettingGroup } from "./Setting";
import type { GroupProps } from "./SettingsScreen";

/** The commands that the gates of steps may run on this machine. */
export function GatesGroup({ settings, change }: GroupProps) {
  const commands = settings.gate_commands;
  return (
    <SettingGroup id="gates" title={m.group_gates()}>
      <Setting title={m.gates_commands()} text={m.gates_commands_hint()} wide>
        <p className="notice notice-warn">
          <TriangleAlert aria-hidden size={14} />
          <span>{m.gates_risk()}</span>
        </p>
        {commands.length === 0 ? (
          <p className="hint" data-testid="gates-none">
            {m.gates_none()}
          </p>
        ) : (
          <ul className="gate-commands" aria-label={m.gates_commands()} data-testid="gate-commands">
            {commands.map((command) => (
              <li key={command}>
                <code>
                  <VisibleText text={command} />
                </code>
                <IconButton
                  icon={X}
                  label={m.gates_remove({ command })}
                  onClick={() => change({ gate_commands: commands.filter((one) => one !== command) })}
                />
              </li>
            ))}
          </ul>
        )}
        <AddCommand
          commands={commands}
          onAdd={(command) => change({ gate_commands: [...commands, command] })}
        />
      </Setting>
    </SettingGroup>
  );
}

function AddCommand({ commands, onAdd }: { commands: string[]; onAdd: (command: string) => void }) {
  const [text, setText] = useState("");
  // The words are what counts, so the space between them is kept as one.
  const command = text.trim().split(/\s+/).join(" ");
  const there = commands.includes(command);
  return (
    <form
      className="pattern-add"
      onSubmit={(event) => {
        event.preventDefault();
        if (command === "" || there) return;
        onAdd(command);
        setText("");
      }}
    >
      <input
        className="input mono"
        value={text}
        placeholder="npx tsc"
        spellCheck={false}
        aria-label={m.gates_new()}
        aria-invalid={there || undefined}
        aria-describedby={there ? "gates-there" : undefined}
        data-testid="gate-command-new"
        onChange={(event) => setText(event.target.value)}
      />
      <Button
        small
        icon={Plus}
        type="submit"
        disabled={command === "" || there}
        data-testid="gate-command-add"
      >
        {m.gates_allow()}
      </Button>
      {there && (
        <span className="field-error" id="gates-there" role="status">
          {m.gates_there()}
        </span>
      )}
    </form>
  );
}
