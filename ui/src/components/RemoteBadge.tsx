import { ArrowUpRight, House } from "lucide-react";
import { m } from "@/paraglide/messages.js";
import { hostOf, isThisMachine } from "./remoteHost";
import { Tooltip } from "./Tooltip";

/** Marks a model that a server runs, by the host that text is sent to; nothing for a file. */
export function ServerBadge({ path }: { path: string }) {
  const host = hostOf(path);
  if (host === undefined) return null;
  const stays = isThisMachine(host);
  return (
    <Tooltip text={stays ? m.remote_stays({ host }) : m.sent_to({ host })}>
      <span className={stays ? "badge badge-quiet" : "badge badge-warn"} data-testid="sent-to">
        {stays ? <House aria-hidden size={12} /> : <ArrowUpRight aria-hidden size={12} />}
        <span className="cut">{stays ? m.served_here() : m.sent_to({ host })}</span>
      </span>
    </Tooltip>
  );
}

/** Marks a run of which text has left this machine, or will when it goes on; nothing when none does. */
export function SentOutBadge({ hosts }: { hosts: string[] }) {
  const away = hosts.filter((host) => !isThisMachine(host));
  if (away.length === 0) return null;
  const told = m.sent_to({ host: away.join(", ") });
  return (
    <Tooltip text={told}>
      <span className="badge badge-warn" data-testid="run-sent-out">
        <ArrowUpRight aria-hidden size={12} />
        <span aria-hidden>{m.sent_out()}</span>
        <span className="sr-only">{told}</span>
      </span>
    </Tooltip>
  );
}
