import { Plus, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Context } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { Button, IconButton } from "./Button";
import { Segmented } from "./Choice";
import { emptyRow, fromRows, parseJson, type Row, rowFault, toRows } from "./contextRows";
import { ContextJson } from "./editors";

export interface ContextEditorProps {
  value: Context;
  onChange: (value: Context) => void;
  /** Names the whole editor, e.g. `Context of step 2`. */
  label: string;
}

/** A context as a form of names and values, or as JSON. */
export function ContextEditor({ value, onChange, label }: ContextEditorProps) {
  const [mode, setMode] = useState<"form" | "json">("form");
  return (
    <section className="context-editor" aria-label={label}>
      <Segmented
        label={m.context_edit_as({ label })}
        value={mode}
        onChange={setMode}
        options={[
          { value: "form", label: m.context_form() },
          { value: "json", label: "JSON" },
        ]}
      />
      {mode === "form" ? (
        <ContextForm value={value} onChange={onChange} />
      ) : (
        <ContextJson value={value} onChange={onChange} label={label} />
      )}
    </section>
  );
}

function ContextForm({ value, onChange }: Omit<ContextEditorProps, "label">) {
  const [rows, setRows] = useState(() => toRows(value));
  const emitted = useRef(JSON.stringify(value));

  useEffect(() => {
    const now = JSON.stringify(value);
    if (now === emitted.current) return;
    emitted.current = now;
    setRows(toRows(value));
  }, [value]);

  function update(next: Row[]) {
    setRows(next);
    const context = fromRows(next);
    emitted.current = JSON.stringify(context);
    onChange(context);
  }
  const patch = (row: Row, change: Partial<Row>) =>
    update(rows.map((old) => (old.id === row.id ? { ...old, ...change } : old)));

  return (
    <div className="context-rows">
      {rows.length === 0 && <p className="hint">{m.context_empty()}</p>}
      {rows.map((row) => (
        <ContextRow
          key={row.id}
          row={row}
          fault={rowFault(rows, row)}
          onChange={(change) => patch(row, change)}
          onRemove={() => update(rows.filter((old) => old.id !== row.id))}
        />
      ))}
      <Button look="ghost" small icon={Plus} onClick={() => setRows([...rows, emptyRow()])}>
        {m.context_add()}
      </Button>
    </div>
  );
}

interface ContextRowProps {
  row: Row;
  fault: ReturnType<typeof rowFault>;
  onChange: (change: Partial<Row>) => void;
  onRemove: () => void;
}

function ContextRow({ row, fault, onChange, onRemove }: ContextRowProps) {
  const name = row.key || m.context_unnamed();
  return (
    <div className="context-row">
      <input
        className="input mono"
        value={row.key}
        placeholder={m.context_key()}
        aria-label={m.context_key_of({ name })}
        onChange={(event) => onChange({ key: event.target.value.trim() })}
      />
      <textarea
        className={row.kind === "json" ? "input mono grow" : "input grow"}
        rows={rowsFor(row.text)}
        value={row.text}
        placeholder={m.context_value()}
        aria-label={m.context_value_of({ name })}
        data-testid={row.key ? `context-${row.key}` : undefined}
        aria-invalid={fault ? true : undefined}
        onChange={(event) => onChange({ text: event.target.value })}
      />
      <button
        type="button"
        className="kind-toggle"
        aria-label={m.context_kind_of({ name })}
        title={row.kind === "text" ? m.context_as_text() : m.context_as_json()}
        onClick={() => onChange(switchKind(row))}
      >
        {row.kind === "text" ? "Aa" : "{ }"}
      </button>
      <IconButton icon={X} label={m.context_remove({ name })} onClick={onRemove} />
      {fault && (
        <p className="field-error">
          {fault === "json" ? m.context_bad_json() : m.context_duplicate({ name })}
        </p>
      )}
    </div>
  );
}

function switchKind(row: Row): Partial<Row> {
  if (row.kind === "text")
    return { kind: "json", text: "error" in parseJson(row.text) ? JSON.stringify(row.text) : row.text };
  const parsed = parseJson(row.text);
  return {
    kind: "text",
    text: "value" in parsed && typeof parsed.value === "string" ? parsed.value : row.text,
  };
}

/** Rows that show `text` without scrolling, up to a dozen; about 48 characters fit in one. */
function rowsFor(text: string): number {
  const rows = text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 48)), 0);
  return Math.min(12, rows);
}
