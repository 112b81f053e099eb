// Takes in a pipeline from a file, wherever it came from: a dialog or a drop. A faulty file changes nothing and is told in full.
import { toast } from "sonner";
import { m } from "@/paraglide/messages.js";
import { documents } from "./document";
import { type ImportFault, readPipeline } from "./parsePipeline";

/** Faults that are told at once. */
const SHOWN = 8;

/** Opens the pipeline in `text`; false when the file called `name` holds none, which has been told then. */
export function importPipeline(text: string, name: string): boolean {
  const read = readPipeline(text);
  if ("faults" in read) {
    tell(name, read.faults);
    return false;
  }
  documents.create(read.pipeline);
  toast.success(m.import_done({ name }));
  return true;
}

function tell(name: string, faults: ImportFault[]): void {
  const rest = faults.length - SHOWN;
  toast.error(m.import_refused({ name }), {
    id: "import-faults",
    duration: 60_000,
    className: "import-faults",
    description: (
      <>
        <ul data-testid="import-faults">
          {faults.slice(0, SHOWN).map((fault) => (
            <li key={fault.place}>
              <code>{fault.place}</code>
              <span>{fault.message}</span> <span>{fault.remedy}</span>
            </li>
          ))}
        </ul>
        {rest > 0 && <p>{m.import_more({ count: rest })}</p>}
        <p>{m.import_nothing_lost()}</p>
      </>
    ),
  });
}
