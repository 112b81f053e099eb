import { Archive, PackageOpen, Settings2 } from "lucide-react";
import { useState } from "react";
import { hasEnded, useTransfers } from "@/api/getModels";
import { Button } from "@/components/Button";
import { Segmented } from "@/components/Choice";
import { useCommands } from "@/components/commands";
import { m } from "@/paraglide/messages.js";
import { TransferList } from "../transfers/TransferList";
import { MakeBundle } from "./bundle/MakeBundle";
import { OpenBundle } from "./bundle/OpenBundle";
import { Catalog } from "./Catalog";
import { Hub } from "./Hub";
import { HubSettingsForm } from "./HubSettingsForm";

type Source = "catalog" | "hub";
type Dialog = "make" | "open" | null;

/** Ways to get models onto this machine: the ones known by name, those of a hub, and bundles from other machines. */
export function GetModels() {
  const [source, setSource] = useState<Source>("catalog");
  const [settings, setSettings] = useState(false);
  const [dialog, setDialog] = useState<Dialog>(null);
  useCommands([
    { id: "models.catalog", title: m.get_catalog(), group: "here", run: () => setSource("catalog") },
    { id: "models.hub", title: m.get_hub(), group: "here", run: () => setSource("hub") },
    { id: "models.bundle-make", title: m.bundle_make_open(), group: "here", run: () => setDialog("make") },
    { id: "models.bundle-open", title: m.bundle_open_open(), group: "here", run: () => setDialog("open") },
  ]);
  return (
    <>
      <h2 className="sr-only">{m.get_title()}</h2>
      <div className="get-bar">
        <Segmented<Source>
          label={m.get_source()}
          value={source}
          options={[
            { value: "catalog", label: m.get_catalog() },
            { value: "hub", label: m.get_hub() },
          ]}
          onChange={setSource}
        />
        <span className="spacer" />
        <Button
          small
          icon={Settings2}
          aria-expanded={settings}
          aria-controls="hub-settings"
          data-testid="hub-settings-toggle"
          onClick={() => setSettings(!settings)}
        >
          {m.hub_settings()}
        </Button>
        <Button small icon={PackageOpen} onClick={() => setDialog("open")} data-testid="bundle-open">
          {m.bundle_open_open()}
        </Button>
        <Button small icon={Archive} onClick={() => setDialog("make")} data-testid="bundle-make">
          {m.bundle_make_open()}
        </Button>
      </div>
      <section
        id="hub-settings"
        aria-label={m.hub_settings()}
        hidden={!settings}
        className="get-settings-box"
      >
        {settings && <HubSettingsForm />}
      </section>
      <InHand />
      {source === "catalog" ? <Catalog /> : <Hub />}
      {dialog === "make" && <MakeBundle onClose={() => setDialog(null)} />}
      {dialog === "open" && <OpenBundle onClose={() => setDialog(null)} />}
    </>
  );
}

/** What is being got now, or waits for the user. */
function InHand() {
  const transfers = useTransfers().data?.filter((one) => !hasEnded(one) || one.state === "failed") ?? [];
  if (transfers.length === 0) return null;
  return (
    <section className="get-in-hand" aria-label={m.transfers_title()}>
      <TransferList transfers={transfers} label={m.transfers_title()} />
    </section>
  );
}
