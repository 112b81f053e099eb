import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { settings } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { App } from "./App";

afterEach(() => {
  vi.unstubAllGlobals();
  window.location.hash = "";
});

test("a browser that is not signed in is told how to, and goes on once it is", async () => {
  let signedIn = false;
  const guarded = (answer: unknown) => () =>
    signedIn ? answer : new Response(JSON.stringify({ code: "unauthorized" }), { status: 401 });
  serveApi({
    "GET /settings": guarded(settings()),
    "GET /projects": guarded({ projects: [] }),
    "GET /health": guarded({
      status: "ok",
      version: "1",
      worker: { state: "idle" },
      queue: { running: 0, waiting: 0, held: 0, holder: "self" },
      data_dir: "/data",
    }),
    "GET /models": guarded({ models: [], files: [] }),
  });
  window.location.hash = "/models";
  renderApp(<App />);
  const page = await screen.findByTestId("signed-out");
  expect(page.textContent).toContain("brickwork serve --ui");
  expect(page.textContent).toContain("sign-in link");
  await userEvent.click(screen.getByText("Try again"));
  expect(await screen.findByTestId("signed-out")).toBeTruthy();
  signedIn = true;
  await userEvent.click(screen.getByText("Try again"));
  await waitFor(() => expect(screen.queryByTestId("signed-out")).toBeNull());
  expect(await screen.findByTestId("nav-models")).toBeTruthy();
});
