import { ArrowRight, ArrowUpDown, Minus, Pencil, Plus } from "lucide-react";
import type { Json, Pipeline } from "@/api/types";
import { TextDiff } from "@/components/DiffView";
import { RoleIcon } from "@/components/RoleChip";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { ChangedFlow } from "./ChangedFlow";
import { compareDocuments, type FieldChange, type StepChange } from "./compare";

interface ChangesProps {
  before: Pipeline;
  after: Pipeline;
  /** What is said when nothing differs. */
  none: string;
  /** Which of the two is the earlier one. */
  caption?: string;
}

/** What differs between two documents, step by step. */
export function Changes({ before, after, none, caption }: ChangesProps) {
  const changes = compareDocuments(before, after);
  if (changes.none) return <p className="changes-none">{none}</p>;
  const { fields, context, steps, assembler } = changes;
  return (
    <div className="changes" data-testid="document-changes">
      {caption && <p className="hint">{caption}</p>}
      {(steps.length > 0 || assembler) && <ChangedFlow before={before} after={after} changes={changes} />}
      {(fields.length > 0 || context.length > 0) && (
        <section className="change">
          <h3>{m.diff_pipeline()}</h3>
          <FieldTable fields={[...fields, ...context.map(inContext)]} />
        </section>
      )}
      {steps.map((step) => (
        <StepChanged key={`${step.kind} ${step.name}`} change={step} />
      ))}
      {assembler && (
        <section className="change">
          <h3>
            <RoleIcon role="Assembler" size={13} /> {m.assembler_title()}
          </h3>
          <FieldTable fields={assembler.fields} />
          {assembler.prompt && (
            <TextDiff
              {...assembler.prompt}
              label={m.changes_in({ name: m.prompt_of({ name: m.assembler_title() }) })}
            />
          )}
        </section>
      )}
    </div>
  );
}

const inContext = (change: FieldChange): FieldChange => ({ ...change, field: `context.${change.field}` });

const KINDS = {
  added: { icon: Plus, text: () => m.diff_step_added() },
  removed: { icon: Minus, text: () => m.diff_step_removed() },
  changed: { icon: Pencil, text: () => m.diff_step_changed() },
  moved: { icon: ArrowUpDown, text: () => m.diff_step_moved() },
};

function StepChanged({ change }: { change: StepChange }) {
  const { icon: Icon, text } = KINDS[change.kind];
  const moved = change.from !== undefined && change.to !== undefined && change.from !== change.to;
  return (
    <section className={`change change-${change.kind}`}>
      <h3>
        <RoleIcon role={change.role} size={13} />
        <span className="change-name">
          {change.was !== undefined && (
            <>
              <s>{change.was}</s> <ArrowRight aria-hidden size={12} />{" "}
            </>
          )}
          {change.name}
        </span>
        <span className={`badge change-kind-${change.kind}`}>
          <Icon aria-hidden size={12} /> {text()}
        </span>
        {moved && (
          <small>{m.diff_step_place({ from: (change.from ?? 0) + 1, to: (change.to ?? 0) + 1 })}</small>
        )}
      </h3>
      <FieldTable fields={change.fields} />
      {change.prompt && (
        <TextDiff {...change.prompt} label={m.changes_in({ name: m.prompt_of({ name: change.name }) })} />
      )}
    </section>
  );
}

function FieldTable({ fields }: { fields: FieldChange[] }) {
  if (fields.length === 0) return null;
  return (
    <table className="change-fields">
      <tbody>
        {fields.map(({ field, before, after }) => (
          <tr key={field}>
            <th scope="row">{field}</th>
            <td>
              <del>{value(before)}</del>
            </td>
            <td>
              <ins>{value(after)}</ins>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function value(json: Json | undefined) {
  if (json === undefined) return <i>{m.diff_absent()}</i>;
  return <VisibleText text={typeof json === "string" ? json : JSON.stringify(json)} />;
}
