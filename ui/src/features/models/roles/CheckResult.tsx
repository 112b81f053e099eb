import { CircleCheck, CircleX } from "lucide-react";
import type { RemoteCheckView } from "@/api/models";
import { formatCount } from "@/components/format";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { serverName } from "./connection";

/** What a server answered, or why it could not be asked. */
export function CheckResult({ answer }: { answer: RemoteCheckView }) {
  if (!answer.reachable)
    return (
      <p className="notice notice-error" data-testid="connect-trouble">
        <CircleX aria-hidden size={14} />
        <span className="breakable">
          {answer.problem ? (
            <SaidText said={said(answer.problem.phrase, answer.problem.message)} />
          ) : (
            m.connect_unreachable({ host: answer.host })
          )}
        </span>
      </p>
    );
  return (
    <p className="notice notice-done number" data-testid="connect-answered">
      <CircleCheck aria-hidden size={14} />
      <span>
        {m.connect_answered({
          server: serverName(answer.server),
          time: answer.latency_ms == null ? "–" : `${formatCount(answer.latency_ms)} ms`,
          count: answer.models.length,
          shown: formatCount(answer.models.length),
        })}
        {answer.with_key && ` ${m.connect_with_key()}`}
      </span>
    </p>
  );
}
