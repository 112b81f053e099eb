import { ArrowDownUp, ListX, TriangleAlert } from "lucide-react";
import { toast } from "sonner";
import { hasEnded, type TransferView, useRemoveTransfer, useTransfers } from "@/api/getModels";
import { Button } from "@/components/Button";
import { classes } from "@/components/classes";
import { useCommands } from "@/components/commands";
import { formatPercent } from "@/components/format";
import { Sheet } from "@/components/Sheet";
import { EmptyState, ErrorPanel, errorText, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { overview, overviewText } from "./progress";
import { closeTransfers, openTransfers, useTransfersSheet } from "./sheet";
import { TransferList } from "./TransferList";

/** What goes on with files, in the head of the screen; opens the list. */
export function TransfersBadge() {
  const { open } = useTransfersSheet();
  const query = useTransfers();
  const seen = overview(query.data ?? []);
  const text = overviewText(seen);
  useCommands([
    { id: "models.transfers", title: m.transfers_open(), group: "here", run: () => openTransfers() },
  ]);
  return (
    <>
      <button
        type="button"
        className={classes(
          "button button-default transfers-badge",
          seen.failed > 0 && "transfers-badge-failed",
        )}
        aria-label={text === "" ? m.transfers_open() : `${m.transfers_title()}: ${text}`}
        title={text || undefined}
        data-testid="transfers-badge"
        onClick={openTransfers}
      >
        {seen.failed > 0 ? <TriangleAlert aria-hidden size={16} /> : <ArrowDownUp aria-hidden size={16} />}
        <span className="transfers-badge-word">{m.transfers_title()}</span>
        {seen.underWay > 0 ? (
          <span className="count">
            {seen.underWay}
            {seen.share !== undefined && ` · ${formatPercent(seen.share)}`}
          </span>
        ) : (
          seen.failed + seen.paused > 0 && <span className="count">{seen.failed + seen.paused}</span>
        )}
      </button>
      <Sheet
        open={open}
        onClose={closeTransfers}
        title={m.transfers_title()}
        text={m.transfers_text()}
        footer={<ClearEnded transfers={query.data ?? []} />}
      >
        {query.isPending && <Skeleton rows={3} tall />}
        {query.isError && (
          <ErrorPanel title={m.transfers_unknown()} error={query.error} onRetry={() => query.refetch()} />
        )}
        {query.data?.length === 0 && (
          <EmptyState icon={ArrowDownUp} title={m.transfers_none()} text={m.transfers_none_text()} />
        )}
        {query.data && query.data.length > 0 && (
          <TransferList transfers={query.data} label={m.transfers_title()} />
        )}
      </Sheet>
    </>
  );
}

/** Takes everything off the list that is neither under way nor can go on. */
function ClearEnded({ transfers }: { transfers: TransferView[] }) {
  const remove = useRemoveTransfer();
  // A failed download can be tried again with what has arrived, so it is not swept away with the others.
  const ended = transfers.filter(
    (one) => hasEnded(one) && !(one.state === "failed" && one.kind === "download"),
  );
  async function clear() {
    const outcomes = await Promise.allSettled(ended.map(({ id }) => remove.mutateAsync(id)));
    const refused = outcomes.find((outcome) => outcome.status === "rejected");
    if (refused) toast.error(m.transfers_not_cleared(), { description: errorText(refused.reason) });
  }
  return (
    <Button
      icon={ListX}
      small
      disabled={ended.length === 0}
      busy={remove.isPending}
      onClick={clear}
      data-testid="transfers-clear"
    >
      {m.transfers_clear()}
    </Button>
  );
}
