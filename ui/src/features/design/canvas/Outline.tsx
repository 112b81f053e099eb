import { Blocks, Braces } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import type { Pipeline } from "@/api/types";
import { classes } from "@/components/classes";
import { RoleIcon } from "@/components/RoleChip";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { AssemblerBody, ContextBody, hueOf, StepBody } from "../StepCard";
import { isEnabled } from "./inputs";
import { StepActions } from "./nodes";
import { DragGrip } from "./OutlineGrip";
import { AddFirstStep } from "./RolePalette";
import { readsText } from "./readsText";
import { focusInspector } from "./useReveal";
import { useView } from "./view";

/** The pipeline as a list: the same nodes in their order, made for the keyboard and for narrow windows. */
export function Outline({ pipeline }: { pipeline: Pipeline }) {
  const { keys, selected, chosen } = useDraft();
  const list = useRef<HTMLOListElement>(null);
  const [target, setTarget] = useState<number | null>(null);
  const { steps } = pipeline;
  const active = ["context", ...keys, "assembler"].includes(selected) ? selected : "context";

  function onKeyDown(event: KeyboardEvent) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const row = (event.target as HTMLElement).closest<HTMLElement>(".outline-main");
    if (!row || event.target !== row) return;
    const id = row.dataset.id ?? "";
    const rows = [...(list.current?.querySelectorAll<HTMLElement>(".outline-main") ?? [])];
    const next = { ArrowDown: 1, ArrowUp: -1, Home: -rows.length, End: rows.length }[event.key];
    if (next !== undefined) {
      const other = rows[Math.min(rows.length - 1, Math.max(0, rows.indexOf(row) + next))];
      goTo(other, event.shiftKey);
    } else if (event.key === "Enter") {
      useDraft.getState().select(id);
      focusInspector();
    } else if (event.key === " ") toggle(id);
    else return;
    event.preventDefault();
  }

  return (
    <div className="flow-scroll" data-testid="outline">
      <ol ref={list} className="outline" aria-label={m.flow_label()} onKeyDown={onKeyDown}>
        <Row
          id="context"
          active={active}
          hue="role-context"
          icon={<Braces aria-hidden size={16} />}
          testId="context-card"
        >
          <ContextBody pipeline={pipeline} />
        </Row>
        {steps.map((step, position) => {
          const key = keys[position] ?? "";
          return (
            <Row
              key={key}
              id={key}
              active={active}
              chosen={chosen.includes(key)}
              hue={hueOf(step.model_type)}
              icon={<RoleIcon role={step.model_type} />}
              testId={`step-${position}`}
              off={!isEnabled(step)}
              drop={target === position}
              extra={
                <>
                  <DragGrip position={position} count={steps.length} onTarget={setTarget} />
                  {active === key && chosen.length <= 1 && (
                    <span className="card-actions">
                      <StepActions step={step} position={position} count={steps.length} />
                    </span>
                  )}
                </>
              }
            >
              <StepBody step={step} position={position} id={key} />
              <span className="outline-reads">{readsText(steps, position)}</span>
            </Row>
          );
        })}
        {steps.length === 0 && (
          <li>
            <AddFirstStep />
          </li>
        )}
        <Row
          id="assembler"
          active={active}
          hue="role-assembler"
          icon={<Blocks aria-hidden size={16} />}
          testId="assembler-card"
          drop={target === steps.length}
        >
          <AssemblerBody pipeline={pipeline} />
        </Row>
      </ol>
    </div>
  );
}

/** Selects the row and gives it the focus; with `more` the rows before stay selected. */
function goTo(row: HTMLElement | undefined, more: boolean): void {
  const id = row?.dataset.id;
  if (!row || id === undefined) return;
  const { select, selectMany, chosen, keys } = useDraft.getState();
  if (more && keys.includes(id)) {
    selectMany([...chosen.filter((key) => key !== id), id]);
    useDraft.setState({ selected: id });
  } else select(id);
  row.focus();
}

function toggle(id: string): void {
  const { chosen, keys, select, selectMany } = useDraft.getState();
  if (!keys.includes(id)) select(id);
  else selectMany(chosen.includes(id) ? chosen.filter((key) => key !== id) : [...chosen, id]);
}

interface RowProps {
  id: string;
  /** The row that the Tab key reaches. */
  active: string;
  chosen?: boolean;
  hue: string;
  icon: ReactNode;
  testId: string;
  off?: boolean;
  /** A dragged step would be put before this row. */
  drop?: boolean;
  extra?: ReactNode;
  children: ReactNode;
}

function Row({ id, active, chosen, hue, icon, testId, off, drop, extra, children }: RowProps) {
  const on = active === id;
  const faulty = useView((view) => (view.problems[id] ?? []).some((one) => one.severity === "error"));
  return (
    <li
      className={classes(
        "outline-row",
        hue,
        (on || chosen) && "outline-on",
        off && "node-off",
        faulty && "node-faulty",
        drop && "outline-drop",
      )}
      data-row={id}
    >
      {icon && <span className="outline-icon">{icon}</span>}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys of all rows. */}
      {/* biome-ignore lint/a11y/useSemanticElements: a button may not hold the field in which the name is edited, nor the mark of faults. */}
      <div
        role="button"
        tabIndex={on ? 0 : -1}
        className="outline-main node-body"
        aria-pressed={on || chosen === true}
        data-id={id}
        data-testid={testId}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) toggle(id);
          else useDraft.getState().select(id);
        }}
        onDoubleClick={() => id !== "context" && id !== "assembler" && useView.getState().rename(id)}
      >
        {children}
      </div>
      {extra}
    </li>
  );
}
