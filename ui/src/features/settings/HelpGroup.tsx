import { Keyboard, PlayCircle } from "lucide-react";
import { useHealth } from "@/api/queries";
import { Button } from "@/components/Button";
import { allCommands, shownKeys, useRegistry } from "@/components/commands";
import { m } from "@/paraglide/messages.js";
import { Setting, SettingGroup } from "./Setting";

/** What is bundled with the program, under which licence. */
const BUNDLED = [
  ["llama.cpp", "MIT"],
  ["SmolLM2-135M-Instruct", "Apache-2.0"],
  ["Inter", "OFL-1.1"],
  ["JetBrains Mono", "OFL-1.1"],
  ["Tauri", "MIT / Apache-2.0"],
  ["React", "MIT"],
  ["SQLite", "Public domain"],
] as const;

/** Keys, the first start again, and what this program is. */
export function HelpGroup({ onStart }: { onStart: () => void }) {
  const version = useHealth().data?.version;
  const lists = useRegistry((registry) => registry.lists);
  const keys = allCommands(lists).find((command) => [command.keys ?? []].flat().includes("?"));
  return (
    <>
      <SettingGroup id="help" title={m.group_help()}>
        <Setting title={m.keys()} text={m.keys_hint()}>
          <Button
            icon={Keyboard}
            keys={shownKeys("?")}
            disabled={!keys}
            onClick={() => keys?.run()}
            data-testid="open-keys"
          >
            {m.settings_keys_open()}
          </Button>
        </Setting>
        <Setting title={m.first_start()} text={m.first_start_hint()}>
          <Button icon={PlayCircle} onClick={onStart} data-testid="open-start">
            {m.first_start_open()}
          </Button>
        </Setting>
      </SettingGroup>
      <SettingGroup id="about" title={m.group_about()}>
        <Setting title={m.version({ version: version ?? "…" })} text={m.licence_text()} wide>
          <details className="licences">
            <summary>{m.licences()}</summary>
            <dl>
              {BUNDLED.map(([name, licence]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{licence}</dd>
                </div>
              ))}
            </dl>
          </details>
        </Setting>
      </SettingGroup>
    </>
  );
}
