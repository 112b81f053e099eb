import { Box, History, type LucideIcon, PencilRuler, Settings2 } from "lucide-react";
import { classes } from "@/components/classes";
import { shownKeys, useCommands } from "@/components/commands";
import { Tooltip } from "@/components/Tooltip";
import { m } from "@/paraglide/messages.js";
import { ProjectSwitcher } from "./projects/ProjectSwitcher";
import { navigate, type Route } from "./router";
import { preloadScreen } from "./screens";
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

/** The screen whose item is marked; a run belongs to the runs, and what comes before a pipeline to the design. */
function itemOf(route: Route): Item["id"] {
  switch (route.screen) {
    case "run":
    case "compare":
      return "runs";
    case "home":
    case "start":
      return "design";
    default:
      return route.screen;
  }
}

/** The window's left edge: project, screens, and what the worker does. Ctrl with a digit opens a screen. */
export function Rail({ route, onSkip }: { route: Route; onSkip: () => void }) {
  const current = itemOf(route);
  useCommands(
    ITEMS.map(({ id, text }, index) => ({
      id: `go.${id}`,
      title: m.go_to({ screen: text() }),
      group: "go" as const,
      keys: `mod+${index + 1}`,
      run: () => navigate(`/${id}`),
    })),
  );
  return (
    <nav className="rail" aria-label={m.nav_label()}>
      <button type="button" className="skip-link" data-testid="skip-link" onClick={onSkip}>
        {m.skip_to_content()}
      </button>
      <ProjectSwitcher />
      <ul className="rail-items">
        {ITEMS.map(({ id, icon: Icon, text }, index) => (
          <li key={id}>
            <Tooltip side="right" text={`${text()} (${shownKeys(`mod+${index + 1}`)})`}>
              <a
                href={`#/${id}`}
                className={classes("rail-item", current === id && "rail-on")}
                aria-current={current === id ? "page" : undefined}
                data-testid={`nav-${id}`}
                onPointerEnter={() => preloadScreen(id)}
                onFocus={() => preloadScreen(id)}
              >
                <Icon aria-hidden size={17} />
                <span className="rail-text">{text()}</span>
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
