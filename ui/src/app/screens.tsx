// The screens as parts that are loaded when they are opened, and ahead of that while nothing else is to be done.
import { ContextJson, PromptEditor, TextEditor } from "@/components/editors";
import { lazily } from "@/components/lazily";
import { ScreenWaiting } from "@/components/ScreenWaiting";
import type { Route } from "./router";

export const StartScreen = lazily(
  () => import("@/features/start/StartScreen").then((part) => part.StartScreen),
  () => null,
);
export const DesignScreen = lazily(
  () => import("@/features/design/DesignScreen").then((part) => part.DesignScreen),
  ScreenWaiting,
);
export const RunsScreen = lazily(
  () => import("@/features/runs/RunsScreen").then((part) => part.RunsScreen),
  ScreenWaiting,
);
export const RunPage = lazily(() => import("./RunPage").then((part) => part.RunPage), ScreenWaiting);
export const CompareScreen = lazily(
  () => import("@/features/compare/CompareScreen").then((part) => part.CompareScreen),
  ScreenWaiting,
);
export const ModelsScreen = lazily(
  () => import("@/features/models/ModelsScreen").then((part) => part.ModelsScreen),
  ScreenWaiting,
);
export const SettingsScreen = lazily(
  () => import("@/features/settings/SettingsScreen").then((part) => part.SettingsScreen),
  ScreenWaiting,
);

const PARTS: Record<Exclude<Route["screen"], "home">, { preload: () => Promise<void> }> = {
  start: StartScreen,
  design: DesignScreen,
  runs: RunsScreen,
  run: RunPage,
  compare: CompareScreen,
  models: ModelsScreen,
  settings: SettingsScreen,
};

/** Begins to load a screen that is about to be opened. */
export function preloadScreen(screen: Route["screen"]): void {
  if (screen !== "home") return void PARTS[screen].preload();
  // Which one it will be is known once the server has answered; what lies in the browser's storage tells it nearly always.
  preloadScreen(localStorage.getItem("brickwork.document") === null ? "start" : "design");
}

let begun = false;

/** Loads one part after another in quiet moments, so that a screen is there when it is opened. */
export function preloadRest(): void {
  if (begun) return;
  begun = true;
  void loadAll();
}

async function loadAll(): Promise<void> {
  const all = [
    DesignScreen.preload,
    () =>
      import("@/features/design/DesignScreen").then(({ Gallery, Editor }) => preloadEach(Gallery, Editor)),
    () => preloadEach(RunsScreen, RunPage, PromptEditor, ModelsScreen, SettingsScreen),
    () => preloadEach(StartScreen, CompareScreen, TextEditor, ContextJson),
  ];
  for (const load of all) {
    await quiet();
    // A part that cannot be loaded is told once it is wanted.
    await load().catch(() => {});
  }
}

async function preloadEach(...parts: { preload: () => Promise<void> }[]): Promise<void> {
  for (const part of parts) {
    await quiet();
    await part.preload();
  }
}

/** A moment in which the page has nothing else to do; WebKit does not tell, so some time has to do there. */
const quiet = () =>
  new Promise<void>((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(() => resolve(), { timeout: 2000 });
    else setTimeout(resolve, 120);
  });
