import { type HubSettings, type HubView, useHub, useSaveHub } from "@/api/getModels";
import { NumberField, PathField } from "@/components/fields";
import { ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { HubToken } from "./HubToken";

/** What the API allows. */
const MAX_AT_ONCE = 8;
const MAX_KIB_S = 67_108_864;

/** Where models come from, and how fast. Each change is kept at once. */
export function HubSettingsForm() {
  const hub = useHub();
  if (hub.isPending) return <Skeleton rows={3} />;
  if (hub.isError)
    return <ErrorPanel title={m.hub_unknown()} error={hub.error} onRetry={() => hub.refetch()} />;
  return <Fields hub={hub.data} />;
}

function Fields({ hub }: { hub: HubView }) {
  const save = useSaveHub();
  const isFixed = hub.endpoint_from === "environment";
  function change(patch: Partial<HubSettings>) {
    const settings: HubSettings = {
      // Also while the environment names another one, which does not last.
      ...(hub.stored_endpoint && { endpoint: hub.stored_endpoint }),
      max_downloads: hub.max_downloads,
      ...(hub.speed_limit_kib_s != null && { speed_limit_kib_s: hub.speed_limit_kib_s }),
      ...patch,
    };
    save.mutate(settings);
  }
  return (
    <div className="get-settings" data-testid="hub-settings">
      <div className="field">
        <span>{m.hub_endpoint()}</span>
        <PathField
          label={m.hub_endpoint()}
          value={hub.endpoint_from === "default" ? "" : hub.endpoint}
          placeholder={hub.endpoint_from === "default" ? hub.endpoint : "https://huggingface.co"}
          disabled={isFixed}
          testId="hub-endpoint"
          onChange={(endpoint) => change({ endpoint: endpoint === "" ? undefined : endpoint })}
        />
        <p className="hint">{isFixed ? m.hub_endpoint_fixed() : m.hub_endpoint_hint()}</p>
      </div>
      <div className="get-limits">
        <div className="field">
          <span>{m.hub_at_once()}</span>
          <NumberField
            label={m.hub_at_once()}
            value={hub.max_downloads}
            min={1}
            max={MAX_AT_ONCE}
            unit={m.hub_unit_downloads()}
            testId="hub-at-once"
            onChange={(count) => count !== null && change({ max_downloads: count })}
          />
        </div>
        <div className="field">
          <span>{m.hub_speed()}</span>
          <NumberField
            label={m.hub_speed()}
            value={hub.speed_limit_kib_s}
            min={1}
            max={MAX_KIB_S}
            none={m.no_limit()}
            unit="KiB/s"
            testId="hub-speed"
            onChange={(limit) => change({ speed_limit_kib_s: limit ?? undefined })}
          />
        </div>
      </div>
      {/* What was typed stays, to be corrected. */}
      {save.isError && <ErrorPanel title={m.hub_not_saved()} error={save.error} />}
      <HubToken />
    </div>
  );
}
