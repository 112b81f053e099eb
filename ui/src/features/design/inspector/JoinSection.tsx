import { Blocks } from "lucide-react";
import type { AssemblerSettings } from "@/api/types";
import { Segmented } from "@/components/Choice";
import { m } from "@/paraglide/messages.js";
import { Section } from "./Section";

type Mode = NonNullable<AssemblerSettings["mode"]>;

/** How the Assembler joins the pieces, and what that means. */
export function JoinSection({ mode, onChange }: { mode: Mode; onChange: (mode: Mode) => void }) {
  return (
    <Section name="join" title={m.join()} icon={Blocks}>
      <Segmented<Mode>
        label={m.join()}
        value={mode}
        onChange={onChange}
        options={[
          { value: "model", label: m.join_model() },
          { value: "deterministic", label: m.join_deterministic() },
        ]}
      />
      <p className="hint" role="status" data-testid="join-explained">
        {mode === "model" ? m.join_model_hint() : m.join_deterministic_hint()}
      </p>
    </Section>
  );
}
