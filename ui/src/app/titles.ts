import { m } from "@/paraglide/messages.js";
import type { Route } from "./router";

/** What the window is called while the screen is open. */
export function routeTitle(route: Route): string | undefined {
  switch (route.screen) {
    case "home":
      return undefined;
    case "start":
      return m.title_start();
    case "design":
      return m.nav_design();
    case "runs":
      return m.nav_runs();
    case "run":
      return m.title_run();
    case "compare":
      return m.title_compare();
    case "models":
      return m.nav_models();
    case "settings":
      return m.nav_settings();
  }
}
