import { CircleCheck, Download } from "lucide-react";
import { toast } from "sonner";
import {
  type DownloadRequest,
  hasEnded,
  type TransferView,
  useDownload,
  useTransfers,
} from "@/api/getModels";
import { Button } from "@/components/Button";
import { formatBytes, formatPercent } from "@/components/format";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { doneShare, transferState } from "../transfers/progress";
import { openTransfers } from "../transfers/sheet";
import { TransferBar } from "../transfers/TransferBar";

interface DownloadButtonProps {
  /** What is got, in words that tell it from others. */
  name: string;
  /** As the download is called among the transfers. */
  title: string;
  request: DownloadRequest;
  size_bytes?: number | null;
  /** The size is only about right. */
  about?: boolean;
  present: boolean;
  testId: string;
}

/** Gets a model, or says that it is here, or how far it is. */
export function DownloadButton(props: DownloadButtonProps) {
  const { name, title, request, size_bytes, about, present, testId } = props;
  const download = useDownload();
  const transfer = useTransfers().data?.find(
    (one) => one.kind === "download" && one.title === title && !hasEnded(one),
  );
  if (present)
    return (
      <p className="get-here" data-testid={`${testId}-here`}>
        <CircleCheck aria-hidden size={15} /> {m.get_here()}
      </p>
    );
  if (transfer) return <Underway transfer={transfer} />;
  const size =
    size_bytes == null
      ? ""
      : about
        ? m.get_about({ size: formatBytes(size_bytes) })
        : formatBytes(size_bytes);
  return (
    <Button
      icon={Download}
      busy={download.isPending}
      aria-label={`${[m.get_download(), size].filter(Boolean).join(" ")}: ${name}`}
      data-testid={testId}
      onClick={() =>
        download.mutate(request, {
          onError: (error) => toast.error(m.failed_download({ name }), { description: errorText(error) }),
        })
      }
    >
      {m.get_download()} {size !== "" && <span className="get-size number">{size}</span>}
    </Button>
  );
}

function Underway({ transfer }: { transfer: TransferView }) {
  const share = doneShare(transfer);
  return (
    <div className="get-underway" data-testid="get-underway">
      <p className="hint number">
        {transferState(transfer)}
        {share !== undefined && ` · ${formatPercent(share)}`}
      </p>
      <TransferBar transfer={transfer} />
      <Button small look="ghost" onClick={openTransfers}>
        {m.transfers_show()}
      </Button>
    </div>
  );
}
