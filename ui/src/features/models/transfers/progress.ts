// What is told of long work on files, in words and numbers.
import {
  hasEnded,
  isUnderWay,
  type TransferKind,
  type TransferState,
  type TransferView,
} from "@/api/getModels";
import { fileName, formatBytes, formatPercent, formatSeconds } from "@/components/format";
import { m } from "@/paraglide/messages.js";

const RUNNING: Record<TransferKind, () => string> = {
  download: () => m.transfer_downloading(),
  import: () => m.transfer_importing(),
  verify: () => m.transfer_verifying(),
  bundle_export: () => m.transfer_writing_bundle(),
  bundle_import: () => m.transfer_reading_bundle(),
};

const STATES: Record<Exclude<TransferState, "running">, () => string> = {
  waiting: () => m.transfer_waiting(),
  paused: () => m.transfer_paused(),
  done: () => m.transfer_done(),
  failed: () => m.transfer_failed(),
  cancelled: () => m.transfer_cancelled(),
};

/** A bundle is titled by its whole path; its name is enough. */
export const transferName = ({ kind, title }: Pick<TransferView, "kind" | "title">): string =>
  kind === "download" ? title : fileName(title);

export const transferState = ({ kind, state }: TransferView): string =>
  state === "running" ? RUNNING[kind]() : STATES[state]();

/** From 0 to 1; undefined as long as nobody has told how much there is. */
export function doneShare({ state, done_bytes, total_bytes }: TransferView): number | undefined {
  if (state === "done") return 1;
  return total_bytes ? Math.min(1, done_bytes / total_bytes) : undefined;
}

/** Amount, speed and time left, as far as they are known. */
export function transferFacts(transfer: TransferView): string[] {
  const { done_bytes, total_bytes, bytes_per_second, remaining_s } = transfer;
  const amount = total_bytes
    ? m.transfer_amount({ done: formatBytes(done_bytes), total: formatBytes(total_bytes) })
    : formatBytes(done_bytes);
  return [
    transfer.state === "done" ? formatBytes(total_bytes || done_bytes) : amount,
    transfer.state === "running" && bytes_per_second
      ? m.transfer_speed({ speed: formatBytes(bytes_per_second) })
      : "",
    transfer.state === "running" && remaining_s != null
      ? m.time_left({ time: formatSeconds(remaining_s) })
      : "",
  ].filter((fact) => fact !== "");
}

export interface Overview {
  underWay: number;
  paused: number;
  failed: number;
  /** Of what is under way together, from 0 to 1. */
  share: number | undefined;
}

export function overview(transfers: TransferView[]): Overview {
  const active = transfers.filter(isUnderWay);
  const total = active.reduce((sum, { total_bytes }) => sum + (total_bytes ?? Number.NaN), 0);
  const done = active.reduce((sum, { done_bytes }) => sum + done_bytes, 0);
  return {
    underWay: active.length,
    paused: transfers.filter(({ state }) => state === "paused").length,
    failed: transfers.filter(({ state }) => state === "failed").length,
    share: total > 0 ? Math.min(1, done / total) : undefined,
  };
}

/** The overview in a few words, the most urgent first. */
export function overviewText({ underWay, paused, failed, share }: Overview): string {
  const active = m.transfers_under_way({ count: underWay });
  return [
    underWay > 0 ? (share === undefined ? active : `${active}, ${formatPercent(share)}`) : "",
    failed > 0 ? m.transfers_failed_count({ count: failed }) : "",
    paused > 0 ? m.transfers_paused_count({ count: paused }) : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

/** The most urgent first: what is under way, what needs the user, what has ended; the newest of a kind first. */
export function inOrder(transfers: TransferView[]): TransferView[] {
  const rank = (one: TransferView) =>
    isUnderWay(one) ? 0 : one.state === "failed" ? 1 : hasEnded(one) ? 3 : 2;
  return [...transfers].sort((a, b) => rank(a) - rank(b) || b.started_at.localeCompare(a.started_at));
}
