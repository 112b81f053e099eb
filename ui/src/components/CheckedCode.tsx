import { useState } from "react";
import type { Artifact, SyntaxFault } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { CodeView } from "./CodeView";
import { errorCount } from "./SyntaxMark";
import { VisibleText } from "./VisibleText";

/** A file's source with its errors above it, each of which leads to its line. */
export function CheckedCode({ artifact }: { artifact: Artifact }) {
  const [goTo, setGoTo] = useState<{ line: number } | null>(null);
  const { syntax } = artifact;
  const faults = syntax?.state === "invalid" ? syntax.errors : [];
  return (
    <>
      {syntax && faults.length > 0 && (
        <section className="syntax-errors" aria-label={m.syntax_list({ name: artifact.name })}>
          <h3>{errorCount(syntax)}</h3>
          <ol data-testid="syntax-errors">
            {faults.map((fault) => (
              <li key={`${fault.start} ${fault.end} ${fault.message}`}>
                <button type="button" onClick={() => setGoTo({ line: fault.line })}>
                  <Place fault={fault} /> {/* The parser speaks English, whatever the window does. */}
                  <span lang="en">
                    <VisibleText text={fault.message} />
                  </span>
                </button>
              </li>
            ))}
          </ol>
          {syntax.has_more && <p className="hint">{m.syntax_more()}</p>}
        </section>
      )}
      <CodeView
        type={artifact.type}
        content={artifact.content}
        label={artifact.name}
        faults={faults.length > 0 ? faults : undefined}
        goTo={goTo}
      />
    </>
  );
}

function Place({ fault }: { fault: SyntaxFault }) {
  return <b>{m.syntax_at({ line: String(fault.line), column: String(fault.column) })}</b>;
}
