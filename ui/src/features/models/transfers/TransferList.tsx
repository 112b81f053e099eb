import type { TransferView } from "@/api/getModels";
import { inOrder } from "./progress";
import { TransferRow } from "./TransferRow";

/** Long work on files, the most urgent first. */
export function TransferList({ transfers, label }: { transfers: TransferView[]; label: string }) {
  return (
    <ul className="transfers" aria-label={label} data-testid="transfers">
      {inOrder(transfers).map((transfer) => (
        <TransferRow key={transfer.id} transfer={transfer} />
      ))}
    </ul>
  );
}
