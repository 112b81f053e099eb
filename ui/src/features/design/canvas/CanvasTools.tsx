import { useReactFlow, useViewport } from "@xyflow/react";
import { Grid3x3, type LucideIcon, Map as MapIcon, Maximize, Network, ZoomIn, ZoomOut } from "lucide-react";
import { IconButton } from "@/components/Button";
import { shownKeys, useCommands } from "@/components/commands";
import { formatPercent } from "@/components/format";
import { m } from "@/paraglide/messages.js";
import { useDraft } from "../draft";
import { motion, useMinimap, useView } from "./view";

const FIT = { padding: 0.1, maxZoom: 1 };

/** Zoom, layout and what helps to place nodes. */
export function CanvasTools() {
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  const { zoom } = useViewport();
  const { snap, toggle, setMinimap } = useView();
  const minimap = useMinimap(useDraft((draft) => draft.keys.length));
  return (
    <div className="canvas-tools" role="toolbar" aria-label={m.canvas_tools()}>
      <IconButton
        icon={ZoomOut}
        label={m.zoom_out()}
        keys="-"
        onClick={() => zoomOut({ duration: motion(120) })}
      />
      <output className="canvas-zoom" aria-label={m.zoom()}>
        {formatPercent(zoom)}
      </output>
      <IconButton
        icon={ZoomIn}
        label={m.zoom_in()}
        keys="+"
        onClick={() => zoomIn({ duration: motion(120) })}
      />
      <IconButton
        icon={Maximize}
        label={m.zoom_fit()}
        keys={shownKeys("mod+shift+f")}
        data-testid="zoom-fit"
        onClick={() => fitView({ ...FIT, duration: motion(160) })}
      />
      <IconButton
        icon={Network}
        label={m.auto_layout()}
        keys={shownKeys("mod+shift+l")}
        data-testid="auto-layout"
        onClick={() => useDraft.getState().autoLayout()}
      />
      <Toggle icon={Grid3x3} label={m.snap_to_grid()} on={snap} onClick={() => toggle("snap")} />
      <Toggle icon={MapIcon} label={m.minimap()} on={minimap} onClick={() => setMinimap(!minimap)} />
    </div>
  );
}

interface ToggleProps {
  icon: LucideIcon;
  label: string;
  on: boolean;
  onClick: () => void;
}

function Toggle({ on, ...rest }: ToggleProps) {
  return <IconButton {...rest} aria-pressed={on} className={on ? "tool-on" : undefined} />;
}

/** What the palette offers while the canvas is shown. */
export function useCanvasCommands(): void {
  const { zoomIn, zoomOut, zoomTo, fitView } = useReactFlow();
  const { snap, toggle, setMinimap } = useView();
  const minimap = useMinimap(useDraft((draft) => draft.keys.length));
  const group = "view" as const;
  useCommands([
    {
      id: "canvas.fit",
      title: m.zoom_fit(),
      group,
      keys: "mod+shift+f",
      run: () => void fitView({ ...FIT, duration: motion(160) }),
    },
    {
      id: "canvas.fit_selection",
      title: m.zoom_selection(),
      group,
      keys: "mod+shift+g",
      run: () => {
        const { chosen, selected } = useDraft.getState();
        const nodes = (chosen.length > 0 ? chosen : [selected]).map((id) => ({ id }));
        void fitView({ ...FIT, nodes, maxZoom: 1.2, duration: motion(160) });
      },
    },
    { id: "canvas.zoom_in", title: m.zoom_in(), group, run: () => void zoomIn() },
    { id: "canvas.zoom_out", title: m.zoom_out(), group, run: () => void zoomOut() },
    { id: "canvas.zoom_full", title: m.zoom_full(), group, run: () => void zoomTo(1) },
    {
      id: "canvas.layout",
      title: m.auto_layout(),
      group,
      keys: "mod+shift+l",
      run: () => useDraft.getState().autoLayout(),
    },
    {
      id: "canvas.snap",
      title: snap ? m.snap_stop() : m.snap_to_grid(),
      group,
      run: () => toggle("snap"),
    },
    {
      id: "canvas.minimap",
      title: minimap ? m.minimap_hide() : m.minimap_show(),
      group,
      run: () => setMinimap(!minimap),
    },
  ]);
}
