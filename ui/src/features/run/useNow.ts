import { useEffect, useState } from "react";
import { onEveryBeat } from "@/api/beat";

/** The time in ms since the epoch, twice a second while `ticking`; all who ask are told together. */
export function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => (ticking ? onEveryBeat(() => setNow(Date.now()), 500) : undefined), [ticking]);
  return now;
}
