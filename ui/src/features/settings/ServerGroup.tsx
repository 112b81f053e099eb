import { useState } from "react";
import { ApiError } from "@/api/client";
import { useServer, useSwitchServer } from "@/api/machine";
import type { ServerSettings, ServerView } from "@/api/types";
import { Button } from "@/components/Button";
import { classes } from "@/components/classes";
import { NumberField, PathField } from "@/components/fields";
import { ErrorPanel, errorText, Skeleton } from "@/components/States";
import { Switch } from "@/components/Switch";
import { m } from "@/paraglide/messages.js";
import { CurlLine } from "./CurlLine";
import { Setting, SettingGroup } from "./Setting";

/** The listener through which other programs of this machine reach Brickwork. */
export function ServerGroup() {
  const query = useServer();
  return (
    <SettingGroup id="server" title={m.group_server()}>
      {query.isPending && <Skeleton rows={3} />}
      {query.isError && (
        <ErrorPanel title={m.server_failed()} error={query.error} onRetry={() => query.refetch()} />
      )}
      {query.data &&
        (query.data.can_switch ? <Switching server={query.data} /> : <Fixed server={query.data} />)}
    </SettingGroup>
  );
}

/** The server that served this very page: it is switched where it was started. */
function Fixed({ server }: { server: ServerView }) {
  return (
    <>
      <Setting title={m.server_fixed()} text={m.server_fixed_hint()}>
        <ServerState server={server} />
      </Setting>
      {server.token_file && (
        <Setting title={m.token_file()} wide>
          <div className="folder-line">
            <code>{server.token_file}</code>
          </div>
        </Setting>
      )}
      <CurlLine server={server} />
    </>
  );
}

function Switching({ server }: { server: ServerView }) {
  const switching = useSwitchServer();
  // What was asked for last, kept when it is refused, so that another port can be tried with the rest as it was.
  const [asked, setAsked] = useState<ServerSettings | null>(null);
  const kept: ServerSettings = {
    enabled: server.enabled,
    port: server.port,
    token_file: server.token_file ?? null,
  };
  const shown = switching.isPending || switching.isError ? (asked ?? kept) : kept;
  const change = (patch: Partial<ServerSettings>) => {
    const next = { ...shown, ...patch };
    setAsked(next);
    switching.mutate(next);
  };
  return (
    <>
      <Setting title={m.server_switch()} text={m.server_switch_hint()}>
        <ServerState server={server} />
        <Switch
          label={m.server_switch()}
          checked={switching.isPending ? shown.enabled : server.enabled}
          disabled={switching.isPending}
          onChange={(enabled) => change({ enabled })}
          testId="server-switch"
        />
      </Setting>
      <Trouble
        server={server}
        error={switching.error}
        busy={switching.isPending}
        onPort={(port) => change({ port, enabled: true })}
      />
      <Setting title={m.port()} text={m.port_hint()}>
        <NumberField
          label={m.port()}
          value={shown.port}
          min={1}
          max={65_535}
          disabled={switching.isPending}
          testId="server-port"
          onChange={(port) => port !== null && change({ port })}
        />
      </Setting>
      <Setting title={m.token_file()} text={m.token_file_hint()} wide>
        <PathField
          label={m.token_file()}
          value={shown.token_file ?? ""}
          placeholder={m.token_file_placeholder()}
          disabled={switching.isPending}
          testId="server-token-file"
          onChange={(path) => change({ token_file: path === "" ? null : path })}
        />
      </Setting>
      {server.state === "listening" && <CurlLine server={server} />}
    </>
  );
}

interface TroubleProps {
  server: ServerView;
  error: unknown;
  busy: boolean;
  onPort: (port: number) => void;
}

/** Why the server does not listen as asked, and the port that would do. */
function Trouble({ server, error, busy, onPort }: TroubleProps) {
  const refused = error instanceof ApiError ? error.problem : undefined;
  const text = error ? errorText(error) : server.state === "failed" ? server.error : undefined;
  const port = error ? refused?.next_free_port : server.next_free_port;
  if (!text) return null;
  return (
    <div className="setting-trouble" role="alert" data-testid="server-trouble">
      <p className="field-error">{text}</p>
      {port && (
        <Button small busy={busy} onClick={() => onPort(port)} data-testid="server-next-port">
          {m.use_port({ port: String(port) })}
        </Button>
      )}
    </div>
  );
}

function ServerState({ server }: { server: ServerView }) {
  const texts = {
    listening: () => server.url ?? m.server_listening(),
    off: () => m.server_off(),
    failed: () => m.server_not_listening(),
  };
  return (
    <span className="server-state" role="status" data-testid="server-state" data-state={server.state}>
      <span className={classes("server-dot", `server-${server.state}`)} aria-hidden />
      {server.state === "listening" && <span className="sr-only">{m.server_listening()} </span>}
      {texts[server.state]()}
    </span>
  );
}
