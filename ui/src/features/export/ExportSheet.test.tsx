import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { renderApp, serveApi } from "@/test/render";
import { ExportSheet } from "./ExportSheet";

afterEach(() => vi.unstubAllGlobals());

const PLAN = {
  folder: "/work",
  files: [
    { name: "a.jsx", action: "new", size_bytes: 10 },
    { name: "b.css", action: "conflict", size_bytes: 10, diff: "@@ -1 +1 @@\n-old\n+new\n" },
    { name: "c.md", action: "same", size_bytes: 10 },
  ],
};

test("writes what is new, and a conflict only when it is ticked", async () => {
  const calls = serveApi({
    "POST /runs/r1/export/plan": PLAN,
    "POST /runs/r1/export": {
      folder: "/work",
      written: [{ name: "a.jsx", size_bytes: 10 }],
      skipped: [],
      manifest: "brickwork.json",
    },
  });
  renderApp(<ExportSheet runId="r1" onClose={vi.fn()} />);
  await userEvent.type(screen.getByTestId("export-folder"), "/work");
  const write = screen.getByTestId("export-write");
  await waitFor(() => expect(write.textContent).toBe("Write 1 file"));
  await userEvent.click(screen.getByRole("checkbox", { name: "Write b.css" }));
  expect(write.textContent).toBe("Write 2 files");
  await userEvent.click(write);
  expect((await screen.findByTestId("export-done")).textContent).toContain("Wrote 1 file");
  expect(calls.at(-1)?.body).toEqual({ folder: "/work", include: ["a.jsx", "b.css"], overwrite: true });
});
