import type { PatchReport } from "@/api/types";
import { patchText } from "./patchText";
import { VisibleText } from "./VisibleText";

/** What became of each edit in an output, a line each. */
export function PatchList({ patches }: { patches: PatchReport[] }) {
  return (
    <ul className="notice-list">
      {patches.map((patch) => (
        <li key={`${patch.start} ${patch.end}`}>
          <VisibleText text={patchText(patch)} />
        </li>
      ))}
    </ul>
  );
}
