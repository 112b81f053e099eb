import { screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { DEFAULT_PROJECT } from "@/api/queries";
import { setLocale } from "@/paraglide/runtime.js";
import { renderApp, serveApi } from "@/test/render";
import { Rail } from "./Rail";

afterEach(() => {
  vi.unstubAllGlobals();
  setLocale("en", { reload: false });
});

test.each([
  [DEFAULT_PROJECT, "Default project", "Proyecto predeterminado"],
  [DEFAULT_PROJECT, "Shop", "Shop"],
  ["p2", "Default project", "Default project"],
])("the project %s called %s is shown as %s", async (id, name, shown) => {
  setLocale("es", { reload: false });
  serveApi({ "GET /projects": { projects: [{ id, name }] } });
  renderApp(<Rail route={{ screen: "runs" }} onSkip={vi.fn()} />);
  expect(await screen.findByText(shown)).toBeTruthy();
});
