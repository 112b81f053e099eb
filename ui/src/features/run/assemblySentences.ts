// What does not fit among pieces, and what is wrong with the Assembler's result, as sentences in the window's language.
import type { Conflict, ResultFault } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { getLocale } from "@/paraglide/runtime.js";

const listed = (names: string[]) => new Intl.ListFormat(getLocale(), { type: "conjunction" }).format(names);

export function conflictText(conflict: Conflict): string {
  switch (conflict.kind) {
    case "same_name": {
      const { name, steps } = conflict;
      return m.conflict_same_name({ name, steps: listed(steps), last: steps.at(-1) ?? "" });
    }
    case "duplicate_symbol": {
      const places = conflict.places.map(({ file, line }) => `${file}:${line}`);
      return m.conflict_duplicate({ symbol: conflict.symbol, places: listed(places) });
    }
    case "missing_file": {
      const { file, line } = conflict.place;
      return m.conflict_missing_file({ file, line: String(line), name: conflict.import });
    }
    case "missing_name": {
      const { file, line } = conflict.place;
      const { name, provider } = conflict;
      return m.conflict_missing_name({ file, line: String(line), name, provider });
    }
  }
}

/** A fault in two parts: what this window can say, and the parser's own words, which are English. */
export function faultText(fault: ResultFault): { own: string; told?: string } {
  switch (fault.kind) {
    case "lost_file":
      return { own: m.fault_lost_file({ name: fault.name }) };
    case "invalid": {
      const { line, column, message } = fault.error;
      return {
        own: m.fault_invalid({ name: fault.name, line: String(line), column: String(column) }),
        told: message,
      };
    }
    case "cut_off":
      return { own: m.fault_cut_off({ name: fault.name }) };
    case "left_out":
      return { own: m.fault_left_out({ name: fault.name, line: String(fault.line) }) };
    case "unfit":
      return { own: conflictText(fault.conflict) };
  }
}
