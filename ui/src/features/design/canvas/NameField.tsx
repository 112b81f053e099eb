import { useEffect, useRef, useState } from "react";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { useView } from "./view";

/** A step's name, edited where it stands after F2 or a double click: Enter keeps it, Escape leaves it as it was. */
export function StepName({ name, position, id }: { name: string; position: number; id: string }) {
  const renaming = useView((view) => view.renaming === id);
  if (!renaming) {
    return (
      <strong className="node-name" title={name}>
        {name || m.step_unnamed()}
      </strong>
    );
  }
  return <Field name={name} position={position} />;
}

function Field({ name, position }: { name: string; position: number }) {
  const [text, setText] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  const left = useRef(false);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);

  function leave(keep: boolean) {
    if (left.current) return;
    left.current = true;
    const node = field.current?.closest<HTMLElement>(".react-flow__node, .outline-main");
    if (keep && text.trim() !== "" && text !== name)
      useDraft.getState().editStep(position, { step_name: text.trim() });
    useView.getState().rename(null);
    node?.focus();
  }
  return (
    <input
      ref={field}
      className="input mono node-rename nodrag nopan"
      value={text}
      maxLength={64}
      aria-label={m.rename_of({ name })}
      data-testid={`rename-${position}`}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => leave(true)}
      onClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") leave(true);
        else if (event.key === "Escape") leave(false);
      }}
    />
  );
}
