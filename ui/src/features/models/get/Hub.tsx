import { Globe, Search, SearchX } from "lucide-react";
import { useState } from "react";
import { useHub, useHubSearch } from "@/api/getModels";
import { Button } from "@/components/Button";
import { EmptyState, ErrorPanel, Skeleton } from "@/components/States";
import { useSettled } from "@/components/useSettled";
import { m } from "@/paraglide/messages.js";
import { HubFault } from "./HubFault";
import { Repositories } from "./Repositories";
import { Repository } from "./Repository";

/** Time in ms without a key after which the hub is asked. */
const PAUSE_MS = 400;
/** Shorter words find anything. */
const SHORTEST = 2;
/** The most that the hub takes. */
const LONGEST = 200;

const isRepository = (text: string) => /^[\w.-]+\/[\w.-]+$/.test(text);

/** Finds models on the hub. Nothing is asked before the user has typed. */
export function Hub() {
  const [text, setText] = useState("");
  const [opened, setOpened] = useState<string | null>(null);
  const hub = useHub();
  const words = text.trim();
  const settled = useSettled(words, PAUSE_MS);
  const asked = settled.length >= SHORTEST && words.length >= SHORTEST ? settled : "";
  const search = useHubSearch(asked);
  if (opened !== null) return <Repository name={opened} onBack={() => setOpened(null)} />;
  return (
    <section className="get-hub" aria-label={m.hub_title()}>
      <p className="notice notice-quiet" data-testid="hub-notice">
        <Globe aria-hidden size={14} />
        <span className="breakable">
          {hub.data ? m.hub_notice({ hub: hub.data.endpoint }) : m.hub_notice_any()}
        </span>
      </p>
      {hub.isError && <ErrorPanel title={m.hub_unknown()} error={hub.error} onRetry={() => hub.refetch()} />}
      <form
        className="get-search"
        onSubmit={(event) => {
          event.preventDefault();
          if (isRepository(words)) setOpened(words);
        }}
      >
        <label className="search">
          <Search aria-hidden size={15} />
          <input
            type="search"
            value={text}
            maxLength={LONGEST}
            placeholder={m.hub_search_placeholder()}
            aria-label={m.hub_search()}
            autoComplete="off"
            spellCheck={false}
            data-testid="hub-search"
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        {isRepository(words) && (
          <Button type="submit" data-testid="hub-open-named">
            {m.hub_open_named({ name: words })}
          </Button>
        )}
      </form>
      {asked === "" ? (
        <p className="hint">{m.hub_hint()}</p>
      ) : search.isError ? (
        <HubFault
          title={m.hub_search_failed({ words: asked })}
          error={search.error}
          onRetry={() => search.refetch()}
        />
      ) : search.isPending ? (
        <Skeleton rows={4} tall />
      ) : search.data.repositories.length === 0 ? (
        <EmptyState icon={SearchX} title={m.hub_nothing({ words: asked })} text={m.hub_nothing_text()} />
      ) : (
        <Repositories
          repositories={search.data.repositories}
          isStale={search.isPlaceholderData}
          onOpen={setOpened}
        />
      )}
    </section>
  );
}
