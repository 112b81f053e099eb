import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { hasEnded, type TransferKind, type TransferView, useTransfers } from "@/api/getModels";
import { formatCount } from "@/components/format";
import { findingText } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { transferName } from "./progress";
import { openTransfers } from "./sheet";

const DONE: Record<TransferKind, (name: { name: string }) => string> = {
  download: (name) => m.ended_download(name),
  import: (name) => m.ended_import(name),
  verify: (name) => m.ended_verify(name),
  bundle_export: (name) => m.ended_bundle_export(name),
  bundle_import: (name) => m.ended_bundle_import(name),
};

const FAILED: Record<TransferKind, (name: { name: string }) => string> = {
  download: (name) => m.failed_download(name),
  import: (name) => m.failed_import(name),
  verify: (name) => m.failed_verify(name),
  bundle_export: (name) => m.failed_bundle_export(name),
  bundle_import: (name) => m.failed_bundle_import(name),
};

/** What is listed of models and pipelines may be another one when work on files has ended. */
const CHANGED = ["models", "model-files", "catalog", "fit", "pipelines", "storage"];

/**
 * Looks after long work on files, whichever screen is open: says when one begins and ends, and lets the lists be asked for again. It is
 * the one place of the window that asks how far they are.
 */
export function TransferWatcher() {
  const queries = useQueryClient();
  const transfers = useTransfers({ watch: true }).data;
  const last = useRef<Map<string, TransferView["state"]>>(undefined);
  const [begun, setBegun] = useState("");
  useEffect(() => {
    if (!transfers) return;
    const before = last.current;
    last.current = new Map(transfers.map(({ id, state }) => [id, state]));
    // What there was before the window looked first is no news.
    if (!before) return;
    const news = transfers.filter(({ id, state }) => before.get(id) !== state);
    const started = news.filter((one) => !hasEnded(one) && !before.has(one.id));
    if (started.length > 0)
      setBegun(started.map((one) => m.transfer_begun({ name: transferName(one) })).join(" "));
    const ended = news.filter(hasEnded);
    if (ended.length === 0) return;
    for (const one of ended) tell(one);
    for (const noun of CHANGED) queries.invalidateQueries({ queryKey: [noun] });
  }, [transfers, queries]);
  return (
    <span className="sr-only" role="status" data-testid="transfers-begun">
      {begun}
    </span>
  );
}

/** The list of messages is a live region, so this is heard as well as seen. */
function tell(transfer: TransferView): void {
  const { kind, state, problem, id, skipped = [] } = transfer;
  const name = { name: transferName(transfer) };
  const show = { label: m.transfers_show(), onClick: openTransfers };
  if (state === "done")
    toast.success(DONE[kind](name), {
      id: `transfer-${id}`,
      // Who imports a folder expects all of it, so what was left out is not for the list of transfers alone.
      ...(skipped.length > 0 && {
        description: m.transfer_skipped({ count: formatCount(skipped.length) }),
        action: show,
        duration: 15_000,
      }),
    });
  if (state === "failed")
    toast.error(FAILED[kind](name), {
      id: `transfer-${id}`,
      description: problem ? findingText(problem) : undefined,
      action: show,
      duration: 15_000,
    });
}
