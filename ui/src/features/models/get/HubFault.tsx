import { ApiError } from "@/api/client";
import { useHub } from "@/api/getModels";
import { ErrorPanel } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { HubToken } from "./HubToken";
import { OutsideLink } from "./OutsideLink";

interface HubFaultProps {
  title: string;
  error: unknown;
  onRetry: () => void;
  /** The repository that was asked for. */
  repository?: string;
}

/** Why the hub gave nothing, with the token field or the licence's page where that is the remedy. */
export function HubFault({ title, error, onRetry, repository }: HubFaultProps) {
  const endpoint = useHub().data?.endpoint;
  const code = error instanceof ApiError ? error.problem.code : "";
  const wantsToken = code === "hub_token_needed" || code === "hub_access_denied";
  const wantsLicence = wantsToken || code === "hub_licence_needed";
  return (
    <div className="get-fault" data-testid="hub-fault">
      <ErrorPanel title={title} error={error} onRetry={onRetry} />
      {wantsLicence && endpoint && repository && (
        <OutsideLink url={`${endpoint.replace(/\/$/, "")}/${repository}`}>{m.gated_open_page()}</OutsideLink>
      )}
      {wantsToken && <HubToken />}
    </div>
  );
}
