import { ArrowUpRight, CircleX, House, PlugZap } from "lucide-react";
import { useState } from "react";
import type { ModelFileView, RoleView } from "@/api/models";
import { Button } from "@/components/Button";
import { Select } from "@/components/Choice";
import { formatBytes } from "@/components/format";
import { RoleIcon, SimulatedBadge, StandInBadge } from "@/components/RoleChip";
import { ROLES } from "@/components/roles";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { useServe } from "../useServe";
import { ConnectDialog } from "./ConnectDialog";
import { CONNECT, choices, chosen, REMOTE } from "./choices";
import { RoleFit } from "./RoleFit";
import { RoleOptionsForm } from "./RoleOptionsForm";

export function RoleCard({ role, files }: { role: RoleView; files: ModelFileView[] }) {
  const { serve, isPending } = useServe();
  const [connecting, setConnecting] = useState(false);
  const { name, binding } = role;

  function choose(id: string) {
    if (id === CONNECT || id === REMOTE) setConnecting(true);
    else serve(name, id);
  }
  return (
    <article className="model-card role-card" data-testid={`role-${name}`} aria-label={name}>
      <header>
        <RoleIcon role={name} size={18} />
        <h2>{name}</h2>
        <Mark role={role} />
      </header>
      <About role={role} />
      <div className="field">
        <span>{m.model_serving()}</span>
        <Select
          label={m.model_for({ role: name })}
          value={chosen(role)}
          options={choices(role, files)}
          onChange={choose}
          disabled={isPending}
          testId={`bind-${name}`}
        />
      </div>
      <Served role={role} onConnect={() => setConnecting(true)} />
      {binding.problem && (
        <p className="notice notice-error" data-testid={`problem-${name}`}>
          <CircleX aria-hidden size={14} />{" "}
          <span className="breakable">
            <SaidText said={said(binding.problem_phrase, binding.problem)} />
          </span>
        </p>
      )}
      <RoleFit role={role} />
      {!binding.remote && !binding.simulated && <RoleOptionsForm role={role} />}
      {connecting && <ConnectDialog role={role} onClose={() => setConnecting(false)} />}
    </article>
  );
}

/** What is out of the ordinary about what serves the role. */
function Mark({ role: { name, binding, options } }: { role: RoleView }) {
  if (binding.remote)
    return binding.remote.this_machine ? (
      <span className="badge badge-quiet">
        <House aria-hidden size={13} /> {m.served_here()}
      </span>
    ) : (
      <span className="badge badge-warn" data-testid={`sent-${name}`}>
        <ArrowUpRight aria-hidden size={13} />
        <span className="cut">{m.sent_to({ host: binding.remote.host })}</span>
      </span>
    );
  if (binding.simulated) return <SimulatedBadge />;
  const servers = options.rpc_servers ?? [];
  if (servers.length > 0)
    return (
      <span className="badge badge-warn" data-testid={`spread-${name}`}>
        <ArrowUpRight aria-hidden size={13} />
        <span className="cut">{m.spread_over({ hosts: servers.join(", ") })}</span>
      </span>
    );
  return binding.stand_in ? <StandInBadge role={name} /> : null;
}

/** What the role is for, in the page's language and then in the specification's own words. */
function About({ role }: { role: RoleView }) {
  return (
    <div className="role-about">
      <p>{ROLES[role.name].about()}</p>
      <p className="hint" lang="en">
        {role.description}
      </p>
      <dl className="role-words">
        <div>
          <dt>{m.role_capabilities()}</dt>
          <dd lang="en">{role.capabilities.map((word) => word.replaceAll("_", " ")).join(", ")}</dd>
        </div>
        <div>
          <dt>{m.role_recommended_for()}</dt>
          <dd lang="en">{role.recommended_for.join(", ")}</dd>
        </div>
      </dl>
    </div>
  );
}

/** The file or the server that serves the role. */
function Served({ role: { name, binding }, onConnect }: { role: RoleView; onConnect: () => void }) {
  const { remote } = binding;
  if (remote)
    return (
      <div className="role-served">
        <p className="mono cut" title={remote.base_url}>
          {remote.base_url}
        </p>
        <p className={remote.this_machine ? "notice notice-quiet" : "notice notice-warn"}>
          {remote.this_machine ? <House aria-hidden size={14} /> : <ArrowUpRight aria-hidden size={14} />}
          <span className="breakable">
            {remote.this_machine
              ? m.remote_stays({ host: remote.host })
              : m.remote_leaves({ role: name, host: remote.host })}
          </span>
        </p>
        <div>
          <Button small icon={PlugZap} onClick={onConnect} data-testid={`server-${name}`}>
            {m.connect_change()}
          </Button>
        </div>
      </div>
    );
  if (binding.simulated) return <p className="hint">{m.simulated_explained()}</p>;
  if (!binding.path) return null;
  return (
    <p className="role-served hint number">
      <span className="mono cut" title={binding.path}>
        {binding.path}
      </span>
      {binding.size_bytes ? <span>{formatBytes(binding.size_bytes)}</span> : null}
    </p>
  );
}
