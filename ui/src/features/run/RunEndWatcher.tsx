import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api } from "@/api/client";
import { notify } from "@/api/desktop";
import { useSettings } from "@/api/queries";
import type { RunSummary } from "@/api/types";
import { formatSeconds } from "@/components/format";
import { isLookedAt } from "@/components/lookedAt";
import { m } from "@/paraglide/messages.js";
import { type Look, longEndings, lookAt } from "./endings";
import { runLink } from "./links";

/** Time in ms between two looks. */
const EVERY_MS = 3000;

/**
 * Tells the user about long runs that end while the window is not looked at, whichever page is open. It looks while the window is
 * hidden too, which is when it is needed.
 */
export function RunEndWatcher() {
  const settings = useSettings().data;
  const wanted = settings?.notifications === true;
  const runs = useQuery({
    queryKey: ["runs", "watch"],
    queryFn: ({ signal }) => api.runs({ limit: 60 }, signal),
    select: (page) => page.runs,
    enabled: wanted,
    refetchInterval: EVERY_MS,
    refetchIntervalInBackground: true,
    staleTime: 0,
    retry: false,
  }).data;
  const last = useRef<Look>(undefined);
  useEffect(() => {
    if (!runs) return;
    const ended = longEndings(last.current, runs);
    last.current = lookAt(runs, Date.now());
    if (isLookedAt()) return;
    for (const run of ended) tell(run);
  }, [runs]);
  return null;
}

function tell(run: RunSummary): void {
  const time = formatSeconds(run.total_execution_time);
  const [title, body] =
    run.status === "SUCCESS"
      ? [m.notify_done({ name: run.name }), m.notify_done_text({ count: run.artifacts, time })]
      : [m.notify_failed({ name: run.name }), m.notify_failed_text()];
  // A machine without notifications is no fault of the run's.
  notify(title, body, runLink(run.run_id).slice(1)).catch(() => {});
}
