import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Toaster } from "sonner";
import { initialRoute, onNavigate } from "@/api/desktop";
import { useHasRuns, useSettings } from "@/api/queries";
import { useSignedOut } from "@/api/session";
import { onCommandKey } from "@/components/commands";
import { forgetHeldKeys, isAwaiting, useAwaiting } from "@/components/heldKeys";
import { usePageTitle } from "@/components/pageTitle";
import { TransferWatcher } from "@/features/models/transfers/TransferWatcher";
import { PasteOutput } from "@/features/paste/PasteOutput";
import { RunEndWatcher } from "@/features/run/RunEndWatcher";
import { m } from "@/paraglide/messages.js";
import { CommandPalette } from "./CommandPalette";
import { Drops } from "./Drops";
import { ErrorBoundary } from "./ErrorBoundary";
import { KeysDialog } from "./KeysDialog";
import { usePreferences } from "./preferences";
import { Rail } from "./Rail";
import { navigate, type Route, useRoute } from "./router";
import { SignedOut } from "./SignedOut";
import {
  CompareScreen,
  DesignScreen,
  ModelsScreen,
  preloadRest,
  RunPage,
  RunsScreen,
  SettingsScreen,
  StartScreen,
} from "./screens";
import { routeTitle } from "./titles";

const openRun = (runId: string) => navigate(`/runs/${encodeURIComponent(runId)}`);
const openDesign = () => navigate("/design");
const openModels = () => navigate("/models");
const openStart = () => navigate("/start");
const compare = (left: string, right: string) =>
  navigate(`/compare/${encodeURIComponent(left)}/${encodeURIComponent(right)}`);

/** The whole window. The shell is the only place that knows every feature; they reach each other through it. */
export function App() {
  const route = useRoute();
  const language = usePreferences();
  const signedOut = useSignedOut();
  useEffect(() => onNavigate(navigate), []);
  useEffect(() => {
    window.addEventListener("keydown", onCommandKey);
    window.addEventListener("hashchange", forgetHeldKeys);
    return () => {
      window.removeEventListener("keydown", onCommandKey);
      window.removeEventListener("hashchange", forgetHeldKeys);
    };
  }, []);
  if (signedOut) return <SignedOut key={language} />;
  return <Shell key={language} route={route} />;
}

function Shell({ route }: { route: Route }) {
  const main = useRef<HTMLElement>(null);
  const path = JSON.stringify(route);
  usePageTitle(routeTitle(route));

  const awaiting = useAwaiting();

  // When the first screen is there and answers; what the start of the window is measured by. What it does not show comes after it.
  const isOpen = route.screen !== "home" && !awaiting;
  useEffect(() => {
    if (!isOpen) return;
    const frame = requestAnimationFrame(() => {
      if (isAwaiting()) return;
      performance.mark("interactive");
      preloadRest();
    });
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
      <main
        className="main"
        id="main"
        ref={main}
        tabIndex={-1}
        data-screen={route.screen}
        aria-busy={awaiting || undefined}
      >
        <ErrorBoundary key={route.screen}>
          <Screen route={route} />
        </ErrorBoundary>
      </main>
      <Drops onDesign={openDesign} onOpenRun={openRun} onModels={openModels} />
      <RunEndWatcher />
      <TransferWatcher />
      <PasteOutput />
      <CommandPalette />
      <KeysDialog />
      <Notices />
    </div>
  );
}

/** Messages in passing. They lie above dialogs, which the page itself does not. */
function Notices() {
  return createPortal(
    <Toaster
      position="bottom-right"
      closeButton
      gap={8}
      offset={16}
      containerAriaLabel={m.notices()}
      toastOptions={{ closeButtonAriaLabel: m.notice_close() }}
    />,
    document.body,
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
      return <RunPage key={route.id} runId={route.id} onOpenRun={openRun} onDesign={openDesign} />;
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
