import "@fontsource-variable/inter/wght.css";
import "@fontsource/jetbrains-mono/400.css";
import "@fontsource/jetbrains-mono/600.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/design.css";
import "./styles/run.css";
import "./styles/screens.css";
import "./styles/code.css";
import "./styles/canvas.css";
import "./styles/inspector.css";
import "./styles/documents.css";
import "./styles/watch.css";
import "./styles/compare.css";
import "./styles/library.css";
import "./styles/models.css";
import "./styles/get.css";
import "./styles/gates.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { applyRemembered } from "./app/preferences";
import { parseRoute } from "./app/router";
import { preloadScreen } from "./app/screens";

applyRemembered();
preloadScreen(parseRoute(window.location.hash).screen);
const queries = new QueryClient({
  defaultOptions: { queries: { retry: 1, staleTime: 5000, refetchOnWindowFocus: false } },
});

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
