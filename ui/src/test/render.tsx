import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type RenderResult, render } from "@testing-library/react";
import type { ReactElement } from "react";
import { vi } from "vitest";

/** Renders with a fresh query cache. */
export function renderApp(element: ReactElement): RenderResult {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(<QueryClientProvider client={queries}>{element}</QueryClientProvider>);
}

type Answer = unknown | ((body: unknown, path: string) => unknown);

export interface Call {
  method: string;
  path: string;
  body: unknown;
}

/** Answers fetch by `METHOD /path` below the API's base, and records the calls. An answer may be a whole response. */
export function serveApi(answers: Record<string, Answer>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit = {}) => {
    const method = init.method ?? "GET";
    const route = path.replace("/api/v1/orchestrator", "").replace(/\?.*/, "");
    const body = init.body ? JSON.parse(String(init.body)) : undefined;
    calls.push({ method, path, body });
    const answer = answers[`${method} ${route}`];
    if (answer === undefined)
      return new Response(JSON.stringify({ code: "not_found", detail: route }), { status: 404 });
    const given = typeof answer === "function" ? answer(body, path) : answer;
    return given instanceof Response ? given.clone() : new Response(JSON.stringify(given), { status: 200 });
  });
  return calls;
}
