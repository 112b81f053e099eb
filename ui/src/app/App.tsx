import { useEffect, useState } from "react";
import { Toaster } from "sonner";
import { initialRoute, onNavigate } from "@/api/desktop";
import { useHasRuns } from "@/api/queries";
import { useSignedOut } from "@/api/session";
import type { Pipeline } from "@/api/types";
import { DesignScreen } from "@/features/design/DesignScreen";
import { openPipeline } from "@/features/design/openPipeline";
import { ExportSheet } from "@/features/export/ExportSheet";
import { ModelsScreen } from "@/features/models/ModelsScreen";
import { RunScreen } from "@/features/run/RunScreen";
import { RunsScreen } from "@/features/runs/RunsScreen";
import { SettingsScreen } from "@/features/settings/SettingsScreen";
import { StartScreen } from "@/features/start/StartScreen";
import { ErrorBoundary } from "./ErrorBoundary";
import { usePreferences } from "./preferences";
import { Rail } from "./Rail";
import { navigate, type Route, useRoute } from "./router";
import { SignedOut } from "./SignedOut";

const openRun = (runId: string) => navigate(`/runs/${encodeURIComponent(runId)}`);
const openDesign = () => navigate("/design");

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
  if (signedOut) return <SignedOut key={language} />;
  return (
    <div className="window" key={language}>
      <Rail route={route} />
      <main className="main">
        <ErrorBoundary key={route.screen}>
          <Screen route={route} />
        </ErrorBoundary>
      </main>
      <Toaster position="bottom-right" closeButton gap={8} offset={16} />
    </div>
  );
}

function Screen({ route }: { route: Route }) {
  switch (route.screen) {
    case "home":
      return <Home />;
    case "start":
      return <StartScreen onStarted={openRun} onDesign={openDesign} />;
    case "design":
      return <DesignScreen onStarted={openRun} />;
    case "runs":
      return <RunsScreen onOpen={openRun} onDesign={openDesign} />;
    case "run":
      return <RunWithExport key={route.id} runId={route.id} />;
    case "models":
      return <ModelsScreen />;
    case "settings":
      return <SettingsScreen />;
  }
}

/** The screen that the window was started for; without one, a machine without runs gets the start and others their design. */
function Home() {
  const hasRuns = useHasRuns();
  const [wanted, setWanted] = useState<string | null>();
  useEffect(() => {
    initialRoute().then(setWanted, () => setWanted(null));
  }, []);
  useEffect(() => {
    if (wanted) navigate(wanted);
    else if (wanted === null && !hasRuns.isPending) navigate(hasRuns.data === false ? "/start" : "/design");
  }, [wanted, hasRuns.isPending, hasRuns.data]);
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
