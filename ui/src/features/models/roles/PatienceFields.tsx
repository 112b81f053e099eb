import { ChevronDown } from "lucide-react";
import { useId, useState } from "react";
import { NumberField } from "@/components/fields";
import { m } from "@/paraglide/messages.js";
import type { Entered } from "./connection";

/** What the API allows, and what holds when nothing is said. */
const TIMEOUT = { min: 1, max: 86_400, none: "300" };
const RETRIES = { min: 0, max: 10, none: "3" };

interface PatienceFieldsProps {
  form: Entered;
  onChange: (part: Partial<Entered>) => void;
}

/** How long a server may be silent and how often it is asked again, folded away. */
export function PatienceFields({ form, onChange }: PatienceFieldsProps) {
  const [open, setOpen] = useState(false);
  const region = useId();
  return (
    <div>
      <button
        type="button"
        className="disclosure"
        aria-expanded={open}
        aria-controls={region}
        onClick={() => setOpen(!open)}
      >
        <ChevronDown aria-hidden size={14} /> {m.connect_patience()}
      </button>
      <div id={region} hidden={!open} className="role-option-fields">
        <div className="field">
          <span>{m.connect_timeout()}</span>
          <NumberField
            label={m.connect_timeout()}
            value={form.timeout_s}
            {...TIMEOUT}
            unit={m.unit_seconds()}
            testId="connect-timeout"
            onChange={(timeout_s) => onChange({ timeout_s })}
          />
        </div>
        <div className="field">
          <span>{m.connect_retries()}</span>
          <NumberField
            label={m.connect_retries()}
            value={form.retries}
            {...RETRIES}
            testId="connect-retries"
            onChange={(retries) => onChange({ retries })}
          />
        </div>
      </div>
    </div>
  );
}
