import { useEffect, useId, useState } from "react";
import { m } from "@/paraglide/messages.js";

/** A name or an IPv4 address, and a port: what llama.cpp's client reaches. */
const ADDRESS = /^[\w-]+(\.[\w-]+)*:([1-9]\d{0,4})$/;

interface Props {
  role: string;
  servers: string[];
  onChange: (servers: string[]) => void;
}

/** The machines over which the role's model is spread, separated by commas or spaces. */
export function RpcServers({ role, servers, onChange }: Props) {
  const kept = servers.join(", ");
  const [text, setText] = useState(kept);
  useEffect(() => setText(kept), [kept]);
  const hintId = useId();
  const typed = [...new Set(text.split(/[\s,]+/).filter(Boolean))];
  const wrong = typed.find((address) => !isAddress(address));

  function finish() {
    if (wrong === undefined && typed.join(", ") !== kept) onChange(typed);
  }
  return (
    <div className="field">
      <span>{m.option_rpc()}</span>
      <input
        className="input mono"
        value={text}
        placeholder={m.option_rpc_none()}
        spellCheck={false}
        aria-label={m.option_rpc_of({ role })}
        aria-invalid={wrong !== undefined || undefined}
        aria-describedby={hintId}
        data-testid={`rpc-${role}`}
        onChange={(event) => setText(event.target.value)}
        onBlur={finish}
        onKeyDown={(event) => {
          if (event.key === "Enter") finish();
          if (event.key === "Escape") setText(kept);
        }}
      />
      <small id={hintId} className={wrong === undefined ? "hint" : "field-error"}>
        {wrong === undefined ? m.option_rpc_hint() : m.option_rpc_wrong({ address: wrong })}
      </small>
    </div>
  );
}

function isAddress(text: string): boolean {
  const port = ADDRESS.exec(text)?.[2];
  return port !== undefined && Number(port) <= 65_535;
}
