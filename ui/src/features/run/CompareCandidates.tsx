import { useState } from "react";
import { Segmented } from "@/components/Choice";
import { FilePairs } from "@/components/FilePairs";
import type { Grain } from "@/components/sideRows";
import { m } from "@/paraglide/messages.js";
import type { FinalCandidates } from "./latestPieces";

/** What the Assembler wrote beside the steps' latest pieces, file by file. */
export function CompareCandidates({ candidates }: { candidates: FinalCandidates }) {
  const [grain, setGrain] = useState<Grain>("word");
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard.
    <section className="candidates" aria-label={m.final_compare()} tabIndex={0} data-testid="candidates">
      <div className="candidates-heads">
        <strong>{m.assembly_result()}</strong>
        <strong>{m.assembly_pieces()}</strong>
      </div>
      <div className="candidates-body">
        <Segmented<Grain>
          label={m.compare_grain()}
          value={grain}
          onChange={setGrain}
          options={[
            { value: "word", label: m.compare_words() },
            { value: "line", label: m.compare_lines() },
          ]}
        />
        <FilePairs
          left={candidates.assembler}
          right={candidates.steps}
          grain={grain}
          said={{
            added: m.assembly_only_pieces(),
            removed: m.assembly_only_result(),
            changed: m.assembly_other(),
          }}
        />
      </div>
    </section>
  );
}
