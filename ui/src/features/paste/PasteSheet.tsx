import { useMutation } from "@tanstack/react-query";
import { FileSearch } from "lucide-react";
import { useId, useRef, useState } from "react";
import { api } from "@/api/client";
import type { EarlierFile } from "@/api/types";
import { Button } from "@/components/Button";
import { keysOf } from "@/components/commands";
import { Sheet } from "@/components/Sheet";
import { ErrorPanel } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { FoundFiles } from "./FoundFiles";

interface PasteSheetProps {
  /** Files that edits in the text may be of. */
  earlier: EarlierFile[];
  onClose: () => void;
}

/** Reads what any model wrote, as a step's output is read. Nothing of it is stored. */
export function PasteSheet({ earlier, onClose }: PasteSheetProps) {
  const [text, setText] = useState("");
  const find = useMutation({ mutationFn: () => api.extract(text, earlier) });
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const ready = text.trim() !== "";
  const send = () => {
    if (ready && !find.isPending) find.mutate();
  };
  return (
    <Sheet open wide onClose={onClose} title={m.paste_output()} text={m.paste_output_text()} focus={field}>
      <div className="field">
        <span>
          <label htmlFor={id}>{m.paste_output_field()}</label>
        </span>
        <textarea
          ref={field}
          id={id}
          className="input mono paste-text"
          rows={find.data ? 6 : 14}
          value={text}
          spellCheck={false}
          data-testid="paste-text"
          onChange={(event) => {
            // What was found was in another text.
            find.reset();
            setText(event.target.value);
          }}
          onKeyDown={(event) => {
            if (keysOf(event.nativeEvent) !== "mod+enter") return;
            event.preventDefault();
            event.stopPropagation();
            send();
          }}
        />
        {earlier.length > 0 && <small className="hint">{m.paste_earlier({ count: earlier.length })}</small>}
      </div>
      <div>
        <Button
          look="primary"
          icon={FileSearch}
          disabled={!ready}
          busy={find.isPending}
          onClick={send}
          data-testid="paste-find"
        >
          {m.paste_find()}
        </Button>
      </div>
      {find.isError && <ErrorPanel title={m.paste_failed()} error={find.error} />}
      {find.data && <FoundFiles found={find.data} />}
    </Sheet>
  );
}
