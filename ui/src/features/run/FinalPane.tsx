import { useMemo, useState } from "react";
import { allSteps, isEnded, runState } from "@/api/runView";
import type { FinalSource, RunView, StepView, Timings } from "@/api/types";
import { Segmented } from "@/components/Choice";
import { useCommands } from "@/components/commands";
import { formatCount, formatPercent, formatSeconds } from "@/components/format";
import { SimulatedBadge, StandInRunBadge } from "@/components/RoleChip";
import { SaidText } from "@/components/said/SaidText";
import { runFault } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { AssemblyNotice } from "./AssemblyNotice";
import { CompareCandidates } from "./CompareCandidates";
import { Files } from "./Files";
import { isWithoutModel } from "./held";
import { finalCandidates } from "./latestPieces";
import { TimePane } from "./TimePane";

type View = "files" | "time" | "compare";

/** What the run came to: its totals above, below them its final files, both results that they can be, or where its time went. */
export function FinalPane({ run }: { run: RunView }) {
  const [wanted, setView] = useState<View>("files");
  const candidates = useMemo(() => finalCandidates(run), [run]);
  const view = wanted === "compare" && !candidates ? "files" : wanted;
  const compare = () => setView("compare");
  useCommands(
    candidates
      ? [
          {
            id: "run.compare-results",
            title: m.assembly_compare_command(),
            group: "view",
            disabled: view === "compare",
            run: compare,
          },
        ]
      : [],
  );
  return (
    <section className="pane final" aria-label={m.final_result()}>
      <header className="final-head">
        <div>
          <h2>
            {headline(run)} {run.simulated ? <SimulatedBadge /> : <StandInRunBadge steps={allSteps(run)} />}
          </h2>
          {run.error && (
            <p className="failure-cause">
              <SaidText said={runFault(run)} />
            </p>
          )}
          <p className="hint">{source(run)}</p>
        </div>
        <Totals steps={allSteps(run)} />
      </header>
      <AssemblyNotice
        run={run}
        candidates={candidates}
        onCompare={view === "compare" ? undefined : compare}
      />
      <div className="final-views">
        <Segmented<View>
          label={m.final_show()}
          value={view}
          onChange={setView}
          options={[
            { value: "files", label: m.files() },
            ...(candidates ? [{ value: "compare" as const, label: m.final_compare() }] : []),
            { value: "time", label: m.final_time() },
          ]}
        />
      </div>
      {view === "compare" && candidates ? (
        <CompareCandidates candidates={candidates} />
      ) : view === "files" ? (
        <Files
          title={m.final_files()}
          artifacts={run.final_artifacts}
          target={{ of: "final" }}
          editable={run.status === "SUCCESS"}
          edited={run.final_artifacts_edited === true}
          waiting={!isEnded(run.status)}
          wide
        />
      ) : (
        <TimePane run={run} />
      )}
    </section>
  );
}

function Totals({ steps }: { steps: StepView[] }) {
  const timings = steps.flatMap((step) => step.timings ?? []);
  if (timings.length === 0) return null;
  const sum = (pick: (one: Timings) => number) => timings.reduce((total, one) => total + pick(one), 0);
  const accepted = sum((one) => one.accepted_tokens ?? 0);
  const prompt = sum((one) => one.prompt_tokens);
  const seconds = steps.reduce((total, step) => total + step.execution_time, 0);
  return (
    <dl className="totals">
      <Total label={m.total_time()} value={formatSeconds(seconds)} />
      <Total
        label={m.total_written()}
        value={m.tokens_count({ count: formatCount(sum((one) => one.generated_tokens)) })}
      />
      {accepted > 0 && (
        <Total
          label={m.total_guessed()}
          value={m.tokens_count({ count: formatCount(accepted) })}
          title={m.guessed_hint()}
        />
      )}
      {prompt > 0 && (
        <Total
          label={m.total_cached()}
          value={formatPercent(sum((one) => one.cached_tokens) / prompt)}
          title={m.total_cached_hint()}
        />
      )}
    </dl>
  );
}

function Total({ label, value, title }: { label: string; value: string; title?: string }) {
  return (
    <div title={title}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function headline(run: RunView): string {
  const count = run.final_artifacts.length;
  if (run.status === "SUCCESS") return count > 0 ? m.final_done({ count }) : m.final_done_empty();
  if (run.status === "FAILED") return m.final_failed();
  if (run.status === "CANCELLED") return m.final_cancelled();
  const state = runState(run);
  if (state === "INTERRUPTED") return m.final_interrupted();
  return state === "PAUSED" ? m.final_paused() : m.final_not_yet();
}

function source(run: RunView): string {
  const state = runState(run);
  if (state === "INTERRUPTED") return m.interrupted_explained();
  if (state === "PAUSED") return m.paused_explained();
  if (run.status === "FAILED" || run.status === "CANCELLED") return m.final_kept();
  if (run.final_artifacts.length === 0)
    return run.status === "SUCCESS" ? m.final_no_code() : m.final_when_done();
  const texts: Record<FinalSource, () => string> = {
    assembler: () => m.final_from_assembler(),
    assembler_text: () => m.final_from_text(),
    steps: () => piecesText(run),
  };
  return texts[run.final_artifacts_from ?? "assembler"]();
}

/** Why the steps' latest pieces are the final files. */
function piecesText(run: RunView): string {
  if (isWithoutModel(run, run.assembler)) return m.final_from_pieces();
  return run.assembler.artifacts.length > 0 ? m.final_from_fallback() : m.final_from_steps();
}
