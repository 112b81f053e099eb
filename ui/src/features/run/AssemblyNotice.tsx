import { ChevronDown, Columns2, Puzzle } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import type { AssemblyReport, FinalChoice, RunView } from "@/api/types";
import { useChooseFinal } from "@/api/watch";
import { Button } from "@/components/Button";
import { Segmented } from "@/components/Choice";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { classes } from "@/components/classes";
import { filePairs } from "@/components/pairs";
import { errorText } from "@/components/States";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { conflictText, faultText } from "./assemblySentences";
import { useRunScope } from "./context";
import type { FinalCandidates } from "./latestPieces";

interface AssemblyNoticeProps {
  run: RunView;
  /** Both results, where there are two. */
  candidates: FinalCandidates | undefined;
  /** Shows both side by side; absent while they are shown. */
  onCompare: (() => void) | undefined;
}

/** What is wrong with the Assembler's result and among the pieces, and the choice between the two. */
export function AssemblyNotice({ run, candidates, onCompare }: AssemblyNoticeProps) {
  const report = run.assembly ?? {};
  const { conflicts = [], faults = [], fallback = false } = report;
  const bad = fallback || faults.length > 0;
  const [toggled, setToggled] = useState<boolean | null>(null);
  // The Assembler was told what did not fit among the pieces; while its result has no fault, that is only worth a line.
  const open = toggled ?? bad;
  const told = bad || conflicts.length > 0;
  if (run.status !== "SUCCESS" || (!told && !candidates)) return null;
  const title = fallback ? m.assembly_fallback() : bad ? m.assembly_faulty() : m.assembly_unfit();
  return (
    <section
      className={classes("assembly", bad ? "assembly-bad" : "assembly-quiet")}
      aria-label={told ? title : m.assembly_choice()}
      data-testid="assembly-notice"
    >
      {told && (
        <button
          type="button"
          className="disclosure assembly-title"
          aria-expanded={open}
          onClick={() => setToggled(!open)}
        >
          <ChevronDown aria-hidden size={14} />
          <Puzzle aria-hidden size={15} className="assembly-icon" />
          <span>{title}</span>
        </button>
      )}
      {told && open && <Reasons report={report} />}
      {candidates && <Choice run={run} candidates={candidates} onCompare={onCompare} />}
    </section>
  );
}

function Reasons({ report: { conflicts = [], faults = [] } }: { report: AssemblyReport }) {
  return (
    <div className="assembly-reasons">
      {faults.length > 0 && (
        <>
          <h3>{m.assembly_faults()}</h3>
          <ul className="notice-list" data-testid="assembly-faults">
            {faults.map((fault, index) => {
              const { own, told } = faultText(fault);
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: a fault is its place in the list.
                <li key={index}>
                  <VisibleText text={own} />{" "}
                  {told && (
                    <span lang="en">
                      <VisibleText text={told} />
                    </span>
                  )}
                </li>
              );
            })}
          </ul>
        </>
      )}
      {conflicts.length > 0 && (
        <>
          <h3>{m.assembly_conflicts()}</h3>
          <ul className="notice-list" data-testid="assembly-conflicts">
            {conflicts.map((conflict, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a conflict is its place in the list.
              <li key={index}>
                <VisibleText text={conflictText(conflict)} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

/** The Assembler's result or the steps' latest pieces; the user's edits of the final files are not given up unasked. */
function Choice({ run, candidates, onCompare }: AssemblyNoticeProps & { candidates: FinalCandidates }) {
  const { onChanged } = useRunScope();
  const choose = useChooseFinal(run.run_id);
  const [asked, setAsked] = useState<FinalChoice | null>(null);
  const value: FinalChoice = run.final_artifacts_from === "steps" ? "steps" : "assembler";
  const send = (from: FinalChoice) => {
    setAsked(null);
    choose.mutate(from, {
      onSuccess: onChanged,
      onError: (error) => toast.error(m.assembly_choose_failed(), { description: errorText(error) }),
    });
  };
  return (
    <div className="assembly-choice" data-testid="assembly-choice" aria-busy={choose.isPending}>
      <Segmented<FinalChoice>
        label={m.assembly_choice()}
        value={choose.isPending ? choose.variables : value}
        onChange={(from) => (run.final_artifacts_edited ? setAsked(from) : send(from))}
        options={[
          { value: "assembler", label: m.assembly_result() },
          { value: "steps", label: m.assembly_pieces() },
        ]}
      />
      {onCompare && (
        <Button small icon={Columns2} onClick={onCompare} data-testid="assembly-compare">
          {m.assembly_compare()}
        </Button>
      )}
      <span className="hint" data-testid="assembly-differ">
        {differText(candidates)} {m.assembly_choice_hint()}
      </span>
      {asked && (
        <ConfirmDialog
          title={m.assembly_edits_title()}
          text={m.assembly_edits_text()}
          action={m.assembly_edits_do()}
          onConfirm={() => send(asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}

/** In how many files the two results differ. */
function differText({ assembler, steps }: FinalCandidates): string {
  const count = filePairs(assembler, steps).filter((pair) => pair.state !== "same").length;
  return count === 0 ? m.assembly_alike() : m.assembly_differ({ count });
}
