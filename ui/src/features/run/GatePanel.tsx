import { ChevronDown, ShieldAlert, ShieldCheck, ShieldEllipsis } from "lucide-react";
import { useState } from "react";
import type { StepState } from "@/api/runView";
import type { Attempt, GateFinding, StepView } from "@/api/types";
import { classes } from "@/components/classes";
import { formatCount } from "@/components/format";
import { OutputText } from "@/components/OutputText";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { findingText } from "./stepSentences";

/** Whether the step's output passed its gate, and everything that was tried; nothing for a step without a gate. */
export function GatePanel({ step, state }: { step: StepView; state: StepState }) {
  const [open, setOpen] = useState(false);
  const attempts = step.report.attempts ?? [];
  if (attempts.length === 0) return null;
  const running = state === "RUNNING";
  // A step that failed at its gate may have kept none of its attempts.
  const passed = running ? null : (step.gate_passed ?? (step.error_code === "gate_failed" ? false : null));
  const Icon = passed === null ? ShieldEllipsis : passed ? ShieldCheck : ShieldAlert;
  const text = passed === null ? m.gate_working() : passed ? m.gate_passed() : m.gate_failed();
  return (
    <section className="gate-panel" aria-label={m.attempts()} data-testid="gate-panel" data-passed={passed}>
      <button
        type="button"
        className="disclosure gate-summary"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        data-testid="gate-attempts"
      >
        <ChevronDown aria-hidden size={14} />
        <span className={classes("gate-state", passed !== null && (passed ? "gate-good" : "gate-bad"))}>
          <Icon aria-hidden size={15} /> {text}
        </span>
        <span className="gate-count">{m.gate_tried({ count: attempts.length })}</span>
      </button>
      {running && (
        <p className="hint" role="status">
          {m.attempt_next({ number: String(attempts.length + 1) })}
        </p>
      )}
      {open && (
        <ol className="attempts">
          {attempts.map((attempt, index) => (
            <AttemptRow
              // biome-ignore lint/suspicious/noArrayIndexKey: attempts only ever come at the end.
              key={index}
              attempt={attempt}
              number={index + 1}
              kept={step.report.kept === index}
            />
          ))}
        </ol>
      )}
    </section>
  );
}

interface AttemptRowProps {
  attempt: Attempt;
  number: number;
  kept: boolean;
}

/** One attempt: how it went, what was wrong with it, and its raw answer. */
function AttemptRow({ attempt, number, kept }: AttemptRowProps) {
  const [open, setOpen] = useState(false);
  const { findings, timings, result } = attempt;
  const label = m.attempt_answer({ number: String(number) });
  return (
    <li className="attempt" data-testid={`attempt-${number}`}>
      <p className="attempt-head">
        <strong>{m.attempt({ number: String(number) })}</strong>
        <span className={findings.length === 0 ? "gate-good" : "gate-bad"}>
          {findings.length === 0 ? m.attempt_passed() : m.attempt_faults({ count: findings.length })}
        </span>
        <span>{m.tokens_count({ count: formatCount(timings.generated_tokens) })}</span>
        {kept && <span className="badge badge-kept">{m.attempt_kept()}</span>}
      </p>
      {findings.length > 0 && (
        <ul className="attempt-findings">
          {findings.map((finding, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a finding is its place in the list.
            <Finding key={index} finding={finding} />
          ))}
        </ul>
      )}
      <button type="button" className="disclosure" aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronDown aria-hidden size={14} /> {label}
      </button>
      {open && (
        <div className="attempt-answer">
          <OutputText text={result} label={label} testId={`attempt-answer-${number}`} />
        </div>
      )}
    </li>
  );
}

function Finding({ finding }: { finding: GateFinding }) {
  const { own, told } = findingText(finding);
  return (
    <li>
      {own && <VisibleText text={own} />}{" "}
      {told && (
        <span lang="en">
          <VisibleText text={told} />
        </span>
      )}
      {finding.excerpt && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard.
        <pre className="finding-excerpt" tabIndex={0}>
          <VisibleText text={finding.excerpt} />
        </pre>
      )}
    </li>
  );
}
