import { ArrowRight } from "lucide-react";
import type { Pipeline } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { MiniDiagram, type NodeMark } from "../gallery/MiniDiagram";
import type { DocumentChanges } from "./compare";

interface ChangedFlowProps {
  before: Pipeline;
  after: Pipeline;
  changes: DocumentChanges;
}

/** Both pipelines drawn small, with a mark on each step that is not the same in the other; the list beside it says the same in words. */
export function ChangedFlow({ before, after, changes }: ChangedFlowProps) {
  const { was, now } = marks(changes);
  return (
    <div className="changed-flow" data-testid="changed-flow">
      <figure>
        <figcaption>{m.diff_before()}</figcaption>
        <MiniDiagram pipeline={before} marks={was} />
      </figure>
      <ArrowRight aria-hidden size={16} />
      <figure>
        <figcaption>{m.diff_after()}</figcaption>
        <MiniDiagram pipeline={after} marks={now} />
      </figure>
    </div>
  );
}

/** What is marked in the earlier pipeline, and what in the later one, by the steps' names there. */
function marks({ steps, assembler }: DocumentChanges) {
  const was = new Map<string, NodeMark>();
  const now = new Map<string, NodeMark>();
  for (const step of steps) {
    if (step.kind !== "added") was.set(step.was ?? step.name, step.kind);
    if (step.kind !== "removed") now.set(step.name, step.kind);
  }
  if (assembler) for (const side of [was, now]) side.set("assembler", "changed");
  return { was, now };
}
