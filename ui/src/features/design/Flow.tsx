import { ReactFlowProvider } from "@xyflow/react";
import { ListTree, Workflow } from "lucide-react";
import { type ReactNode, useSyncExternalStore } from "react";
import type { Pipeline } from "@/api/types";
import { Segmented } from "@/components/Choice";
import { m } from "@/paraglide/messages.js";
import { Canvas } from "./canvas/Canvas";
import { Outline } from "./canvas/Outline";
import { RolePalette } from "./canvas/RolePalette";
import { type Look, useView } from "./canvas/view";
import { Bound } from "./StepCard";

/** Width of the window below which the outline is shown unless the user chose otherwise, and panes stand below each other. */
const NARROW = "(max-width: 899px)";

function subscribe(onChange: () => void): () => void {
  const query = window.matchMedia(NARROW);
  query.addEventListener("change", onChange);
  return () => query.removeEventListener("change", onChange);
}

export const useNarrow = (): boolean =>
  useSyncExternalStore(subscribe, () => window.matchMedia(NARROW).matches);

/** How the pipeline is looked at. */
export function useLook(): Look {
  const chosen = useView((view) => view.look);
  const narrow = useNarrow();
  return chosen ?? (narrow ? "outline" : "canvas");
}

/** The pipeline from its context to the Assembler, as a picture or as a list, with the roles to add. */
export function Flow({ pipeline, tools }: { pipeline: Pipeline; tools?: ReactNode }) {
  const look = useLook();
  return (
    <ReactFlowProvider>
      <Bound>
        <section className="flow-pane" aria-label={m.flow_label()}>
          <div className="flow-bar">
            <RolePalette />
            <Segmented<Look>
              label={m.look()}
              value={look}
              options={[
                { value: "canvas", label: m.look_canvas(), icon: <Workflow aria-hidden size={14} /> },
                { value: "outline", label: m.look_outline(), icon: <ListTree aria-hidden size={14} /> },
              ]}
              onChange={useView.getState().setLook}
            />
            {tools}
          </div>
          {look === "canvas" ? <Canvas pipeline={pipeline} /> : <Outline pipeline={pipeline} />}
        </section>
      </Bound>
    </ReactFlowProvider>
  );
}
