import { Lock } from "lucide-react";
import { useHub } from "@/api/getModels";
import { m } from "@/paraglide/messages.js";
import { SettingGroup } from "./Setting";

/** Everything that ever touches a network, and that nothing else does. */
export function PrivacyGroup() {
  const hub = useHub().data?.endpoint;
  const rows = [
    [m.net_models(), m.net_never(), m.net_models_with()],
    [m.net_hub(), m.net_hub_when(), hub ? m.net_hub_with({ hub }) : m.net_hub_with_any()],
    [m.net_remote(), m.net_remote_when(), m.net_remote_with()],
    [m.net_rpc(), m.net_rpc_when(), m.net_rpc_with()],
    [m.net_server(), m.net_server_when(), m.net_server_with()],
    [m.net_links(), m.net_never(), m.net_links_with()],
    [m.net_reports(), m.net_never(), m.net_reports_with()],
  ];
  return (
    <SettingGroup id="privacy" title={m.privacy()}>
      <p className="privacy">
        <Lock aria-hidden size={16} />
        <span>{m.privacy_text()}</span>
      </p>
      <table className="table privacy-table" data-testid="privacy-table">
        <caption className="sr-only">{m.privacy_table()}</caption>
        <thead>
          <tr>
            <th scope="col">{m.net_what()}</th>
            <th scope="col">{m.net_when()}</th>
            <th scope="col">{m.net_with()}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([what, when, whom]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{when}</td>
              <td>{whom}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="privacy-end hint">{m.net_nothing_else()}</p>
    </SettingGroup>
  );
}
