import { useEffect, useRef, useState } from "react";
import { Toaster } from "sonner";
import { initialRoute, onNavigate } from "@/api/desktop";
import { useHasRuns, useSettings } from "@/api/queries";
import { useSignedOut } from "@/api/session";
import type { Pipeline } from "@/api/types";
import { onCommandKey } from "@/components/commands";
import { usePageTitle } from "@/components/pageTitle";
import { CompareScreen } from "@/features/compare/CompareScreen";
import { DesignScreen } from "@/features/design/DesignScreen";
import { openPipeline } from "@/features/design/openPipeline";
import { ExportSheet } from "@/features/export/ExportSheet";
import { ModelsScreen } from "@/features/models/ModelsScreen";
import { TransferWatcher } from "@/features/models/transfers/TransferWatcher";
import { RunEndWatcher } from "@/features/run/RunEndWatcher";
import { RunScreen } from "@/features/run/RunScreen";
import { RunsScreen } from "@/features/runs/RunsScreen";
import { SettingsScreen } from "@/features/settings/SettingsScreen";
import { StartScreen } from "@/features/start/StartScreen";
import { CommandPalette } from "./CommandPalette";
import { Drops } from "./Drops";
import { ErrorBoundary } from "./ErrorBoundary";
import { KeysDialog } from "./KeysDialog";
import { usePreferences } from "./preferences";
import { Rail } from "./Rail";
import { navigate, type Route, useRoute } from "./router";
import { SignedOut } from "./SignedOut";
import { routeTitle } from "./titles";

const openRun = (runId: string) => navigate(`/runs/${encodeURIComponent(runId)}`);
const openDesign = () => navigate("/design");
const openModels = () => navigate("/models");
const openStart = () => navigate("/start");
const compare = (left: string, right: string) =>
  navigate(`/compare/${encodeURIComponent(left)}/${encodeURIComponent(right)}`);

function edit(pipeline: Pipeline) {
  openPipeline(pipeline);
  openDesign();
}

/** The whole window. The shell is the only place that knows every feature; they reach each other through it. */
export function App() {
  const route = useRoute();
  const language = usePreferences();
  const signedOut = useSignedOut();
  useEffect(() => onNavigate(navigate), []);
  useEffect(() => {
    window.addEventListener("keydown", onCommandKey);
    return () => window.removeEventListener("keydown", onCommandKey);
  }, []);
  if (signedOut) return <SignedOut key={language} />;
  return <Shell key={language} route={route} />;
}

function Shell({ route }: { route: Route }) {
  const main = useRef<HTMLElement>(null);
  const path = JSON.stringify(route);
  usePageTitle(routeTitle(route));

  // When the first screen is there and answers; what the start of the window is measured by.
  const isOpen = route.screen !== "home";
  useEffect(() => {
    if (!isOpen) return;
    const frame = requestAnimationFrame(() => performance.mark("interactive"));
    return () => cancelAnimationFrame(frame);
  }, [isOpen]);

  // What had the focus may have gone with the screen before; the keyboard goes on where the new one begins.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another route is another screen.
  useEffect(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (lost) main.current?.focus({ preventScroll: true });
  }, [path]);

  return (
    <div className="window">
      <Rail route={route} onSkip={() => main.current?.focus()} />
      <main className="main" id="main" ref={main} tabIndex={-1}>
        <ErrorBoundary key={route.screen}>
          <Screen route={route} />
        </ErrorBoundary>
      </main>
      <Drops onDesign={openDesign} onOpenRun={openRun} onModels={openModels} />
      <RunEndWatcher />
      <TransferWatcher />
      <CommandPalette />
      <KeysDialog />
      <Toaster position="bottom-right" closeButton gap={8} offset={16} />
    </div>
  );
}

function Screen({ route }: { route: Route }) {
  switch (route.screen) {
    case "home":
      return <Home />;
    case "start":
      return <StartScreen onStarted={openRun} onDesign={openDesign} onModels={openModels} />;
    case "design":
      return <DesignScreen onStarted={openRun} />;
    case "runs":
      return <RunsScreen onOpen={openRun} onDesign={openDesign} onCompare={compare} />;
    case "run":
      return <RunWithExport key={route.id} runId={route.id} />;
    case "compare":
      return <CompareScreen left={route.left} right={route.right} onOpenRun={openRun} />;
    case "models":
      return <ModelsScreen />;
    case "settings":
      return <SettingsScreen onModels={openModels} onStart={openStart} />;
  }
}

/** The screen that the window was started for; without one, a fresh machine gets the start and others their design. */
function Home() {
  const hasRuns = useHasRuns();
  const settings = useSettings();
  const [wanted, setWanted] = useState<string | null>();
  useEffect(() => {
    initialRoute().then(setWanted, () => setWanted(null));
  }, []);
  const known = !hasRuns.isPending && !settings.isPending;
  const fresh = hasRuns.data === false && settings.data?.first_start_done !== true;
  useEffect(() => {
    if (wanted) navigate(wanted);
    else if (wanted === null && known) navigate(fresh ? "/start" : "/design");
  }, [wanted, known, fresh]);
  return null;
}

function RunWithExport({ runId }: { runId: string }) {
  const [exporting, setExporting] = useState(false);
  return (
    <>
      <RunScreen runId={runId} onEdit={edit} onOpenRun={openRun} onExport={() => setExporting(true)} />
      {exporting && <ExportSheet runId={runId} onClose={() => setExporting(false)} />}
    </>
  );
}
