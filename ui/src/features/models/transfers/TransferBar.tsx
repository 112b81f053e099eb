import type { TransferView } from "@/api/getModels";
import { classes } from "@/components/classes";
import { m } from "@/paraglide/messages.js";
import { doneShare, transferName } from "./progress";

/** How far a transfer is; without a known size it only shows that it goes on. */
export function TransferBar({ transfer }: { transfer: TransferView }) {
  const share = doneShare(transfer);
  const percent = share === undefined ? undefined : Math.floor(share * 100);
  return (
    <span
      className={classes(
        "transfer-bar",
        `transfer-bar-${transfer.state}`,
        share === undefined && "transfer-bar-unknown",
      )}
      role="progressbar"
      aria-label={m.transfer_progress({ name: transferName(transfer) })}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <span style={{ width: `${(share ?? 0) * 100}%` }} />
    </span>
  );
}
