import { Box, History, type LucideIcon, PencilRuler, Settings2 } from "lucide-react";
import { useEffect } from "react";
import { useProjects } from "@/api/queries";
import { classes } from "@/components/classes";
import { Mark } from "@/components/Mark";
import { projectName } from "@/components/projectName";
import { Tooltip } from "@/components/Tooltip";
import { m } from "@/paraglide/messages.js";
import { navigate, type Route } from "./router";
import { WorkerState } from "./WorkerState";

interface Item {
  id: "design" | "runs" | "models" | "settings";
  icon: LucideIcon;
  text: () => string;
}

const ITEMS: Item[] = [
  { id: "design", icon: PencilRuler, text: () => m.nav_design() },
  { id: "runs", icon: History, text: () => m.nav_runs() },
  { id: "models", icon: Box, text: () => m.nav_models() },
  { id: "settings", icon: Settings2, text: () => m.nav_settings() },
];

/** The window's left edge: project, screens, and what the worker does. Ctrl with a digit opens a screen. */
export function Rail({ route }: { route: Route }) {
  const project = useProjects().data?.[0];
  const current =
    route.screen === "run"
      ? "runs"
      : route.screen === "home" || route.screen === "start"
        ? "design"
        : route.screen;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const item = ITEMS[Number(event.key) - 1];
      if (!item || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      navigate(`/${item.id}`);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <nav className="rail" aria-label={m.nav_label()}>
      <div
        className="rail-project"
        title={project && [projectName(project), project.folder].filter(Boolean).join("\n")}
      >
        <Mark />
        <span>
          <strong>{project ? projectName(project) : "Brickwork"}</strong>
          <small>{project?.folder ?? m.project_no_folder()}</small>
        </span>
      </div>
      <ul className="rail-items">
        {ITEMS.map(({ id, icon: Icon, text }, index) => (
          <li key={id}>
            <Tooltip side="right" text={`Ctrl ${index + 1}`}>
              <a
                href={`#/${id}`}
                className={classes("rail-item", current === id && "rail-on")}
                aria-current={current === id ? "page" : undefined}
                data-testid={`nav-${id}`}
              >
                <Icon aria-hidden size={17} />
                {text()}
              </a>
            </Tooltip>
          </li>
        ))}
      </ul>
      <span className="spacer" />
      <WorkerState />
    </nav>
  );
}
