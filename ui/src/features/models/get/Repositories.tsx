import { ChevronRight, Lock } from "lucide-react";
import type { HubModel } from "@/api/getModels";
import { classes } from "@/components/classes";
import { formatCount, formatStamp } from "@/components/format";
import { m } from "@/paraglide/messages.js";

interface RepositoriesProps {
  repositories: HubModel[];
  /** They answer an earlier question. */
  isStale: boolean;
  onOpen: (repository: string) => void;
}

/** What the hub has found. */
export function Repositories({ repositories, isStale, onOpen }: RepositoriesProps) {
  return (
    <>
      <p className="hint" role="status">
        {isStale ? m.hub_searching() : m.hub_found({ count: repositories.length })}
      </p>
      <ul
        className={classes("get-results", isStale && "get-results-stale")}
        aria-label={m.hub_results()}
        data-testid="hub-results"
      >
        {repositories.map((one) => (
          <li key={one.repository}>
            <button type="button" onClick={() => onOpen(one.repository)}>
              <span className="get-result">
                <strong className="breakable">{one.repository}</strong>
                <small className="number">{factsOf(one).join(" · ")}</small>
              </span>
              {one.gated && (
                <span className="badge badge-warn">
                  <Lock aria-hidden size={12} /> {m.get_gated()}
                </span>
              )}
              <ChevronRight aria-hidden size={16} />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function factsOf({ downloads, likes, licence, changed_at }: HubModel): string[] {
  return [
    downloads != null && m.hub_downloads({ shown: formatCount(downloads), count: downloads }),
    likes != null && m.hub_likes({ shown: formatCount(likes), count: likes }),
    licence,
    changed_at && m.hub_changed({ when: formatStamp(changed_at) }),
  ].filter((fact): fact is string => typeof fact === "string" && fact !== "");
}
