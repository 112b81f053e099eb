import { ArrowLeftRight, ExternalLink } from "lucide-react";
import { useState } from "react";
import type { RunView } from "@/api/types";
import { useRun } from "@/api/watch";
import { Button } from "@/components/Button";
import { Segmented } from "@/components/Choice";
import { useCommands } from "@/components/commands";
import { FilePairs } from "@/components/FilePairs";
import { formatStamp } from "@/components/format";
import { ErrorPanel, Skeleton } from "@/components/States";
import { StatusBadge } from "@/components/StatusBadge";
import type { Grain } from "@/components/sideRows";
import { m } from "@/paraglide/messages.js";
import { CompareStep } from "./CompareStep";
import { CompareTotals } from "./CompareTotals";
import { filesOf, stepPairs } from "./pairs";

interface CompareScreenProps {
  /** The runs' identifiers. */
  left: string;
  right: string;
  onOpenRun: (runId: string) => void;
}

/** Two runs side by side: what they were told, with what, what they made, and what it took. */
export function CompareScreen({ left, right, onOpenRun }: CompareScreenProps) {
  const [one, other] = [useRun(left), useRun(right)];
  const [grain, setGrain] = useState<Grain>("word");
  const swap = () => {
    window.location.hash = `/compare/${encodeURIComponent(right)}/${encodeURIComponent(left)}`;
  };
  useCommands([
    { id: "compare.swap", title: m.compare_swap(), group: "here", keys: "x", run: swap },
    {
      id: "compare.grain",
      title: grain === "word" ? m.compare_by_line() : m.compare_by_word(),
      group: "view",
      keys: "w",
      run: () => setGrain(grain === "word" ? "line" : "word"),
    },
  ]);
  const failed = one.error ?? other.error;
  return (
    <div className="screen">
      <header className="top-bar compare-bar">
        <h1 className="screen-title">{m.compare_title()}</h1>
        <span className="spacer" />
        <Segmented<Grain>
          label={m.compare_grain()}
          value={grain}
          onChange={setGrain}
          options={[
            { value: "word", label: m.compare_words() },
            { value: "line", label: m.compare_lines() },
          ]}
        />
        <Button icon={ArrowLeftRight} onClick={swap} keys="X" data-testid="compare-swap">
          {m.compare_swap()}
        </Button>
      </header>
      {failed ? (
        <div className="screen-pad">
          <ErrorPanel
            title={m.compare_failed()}
            error={failed}
            onRetry={() => {
              one.refetch();
              other.refetch();
            }}
          />
        </div>
      ) : one.data && other.data ? (
        <Compared left={one.data} right={other.data} grain={grain} onOpenRun={onOpenRun} />
      ) : (
        <div className="screen-pad">
          <Skeleton rows={6} tall />
        </div>
      )}
    </div>
  );
}

interface ComparedProps {
  left: RunView;
  right: RunView;
  grain: Grain;
  onOpenRun: (runId: string) => void;
}

function Compared({ left, right, grain, onOpenRun }: ComparedProps) {
  const runs = { left, right };
  return (
    <div className="compare">
      <div className="compare-heads">
        <RunHead run={left} side={m.compare_left()} onOpen={() => onOpenRun(left.run_id)} />
        <RunHead run={right} side={m.compare_right()} onOpen={() => onOpenRun(right.run_id)} />
      </div>
      <div className="compare-body">
        <CompareTotals {...runs} />
        {stepPairs(left, right).map((pair) => (
          <CompareStep key={pair.name} pair={pair} runs={runs} grain={grain} />
        ))}
        <FilePairs left={filesOf(left)} right={filesOf(right)} grain={grain} />
      </div>
    </div>
  );
}

function RunHead({ run, side, onOpen }: { run: RunView; side: string; onOpen: () => void }) {
  return (
    <div className="compare-head" data-testid={`compare-${run.run_id}`}>
      <span className="hint">{side}</span>
      <strong title={run.name}>{run.name}</strong>
      <span className="run-meta">
        <StatusBadge run={run} />
        <span className="run-clock">{formatStamp(run.started_at ?? run.created_at)}</span>
        <Button small look="ghost" icon={ExternalLink} onClick={onOpen}>
          {m.compare_open_run()}
        </Button>
      </span>
    </div>
  );
}
