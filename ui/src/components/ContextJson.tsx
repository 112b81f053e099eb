import { useEffect, useRef, useState } from "react";
import { m } from "@/paraglide/messages.js";
import type { ContextEditorProps } from "./ContextEditor";
import { parseJson } from "./contextRows";
import { JsonEditor } from "./JsonEditor";
import { jsonFault } from "./jsonFault";

interface ContextJsonProps extends ContextEditorProps {
  /** What is said of JSON that is no object. */
  notObject?: string;
}

/** A context, or another object, as the text of a JSON object. What is no object yet is kept in the editor only. */
export function ContextJson({
  value,
  onChange,
  label,
  notObject = m.context_not_object(),
}: ContextJsonProps) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const [fault, setFault] = useState("");
  const emitted = useRef(value);

  useEffect(() => {
    if (JSON.stringify(value) === JSON.stringify(emitted.current)) return;
    emitted.current = value;
    setText(JSON.stringify(value, null, 2));
    setFault("");
  }, [value]);

  function edit(next: string) {
    setText(next);
    const parsed = parseJson(next);
    if ("error" in parsed) return setFault(placeOf(next));
    if (parsed.value === null || typeof parsed.value !== "object" || Array.isArray(parsed.value))
      return setFault(notObject);
    setFault("");
    emitted.current = parsed.value;
    onChange(parsed.value);
  }
  return (
    <div className="context-json">
      <JsonEditor value={text} onChange={edit} label={label} />
      {fault && (
        <p className="field-error" role="status">
          {fault}
        </p>
      )}
    </div>
  );
}

/** Says where `text` stops being JSON. */
function placeOf(text: string): string {
  const fault = jsonFault(text);
  return fault ? m.json_fault_at({ line: fault.line, column: fault.column }) : "";
}
