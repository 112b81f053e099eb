// Takes in a pipeline from a file, wherever it came from: a dialog or a drop. A faulty file changes nothing and is told in full.
import { toast } from "sonner";
import { m } from "@/paraglide/messages.js";
import { documents } from "./document";
import { readPipeline } from "./parsePipeline";

/** Faults that are told at once. */
const SHOWN = 8;
/** By which a later refusal takes the place of an earlier one. */
const TOLD = "import-faults";
/** Milliseconds for which they are told; the time stands still while the pointer is over them. */
const TOLD_MS = 20_000;

/** Opens the pipeline in `text`; false when the file called `name` holds none, which has been told then. */
export function importPipeline(text: string, name: string): boolean {
  const read = readPipeline(text);
  if ("faults" in read) {
    tell(name, text);
    return false;
  }
  documents.create(read.pipeline);
  dismiss();
  toast.success(m.import_done({ name }));
  return true;
}

/** Tells the faults until they are closed, another file is opened or another screen is gone to. */
function tell(name: string, text: string): void {
  // As functions, so that a window that changes its language tells them in the new one.
  toast.error(() => m.import_refused({ name }), {
    id: TOLD,
    duration: TOLD_MS,
    className: "import-faults",
    description: () => <Faults text={text} />,
  });
  // Elsewhere they would only cover what is worked with there.
  window.addEventListener("hashchange", dismiss, { once: true });
}

const dismiss = () => {
  toast.dismiss(TOLD);
};

function Faults({ text }: { text: string }) {
  const read = readPipeline(text);
  const faults = "faults" in read ? read.faults : [];
  const rest = faults.length - SHOWN;
  return (
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
  );
}
