import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { DEFAULT_PROJECT } from "@/api/currentProject";
import type { Binding } from "@/api/types";
import { expectAccessible } from "@/test/axe";
import { pipeline, runView, settings, step } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { StartScreen } from "./StartScreen";

afterEach(() => vi.unstubAllGlobals());

async function modelLine(...bindings: Partial<Binding>[]): Promise<string | null | undefined> {
  const names = ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"];
  const models = names.map((name, index) => ({
    name,
    description: "",
    capabilities: [],
    recommended_for: [],
    recommended_parameters: {},
    binding: {
      id: "tiny.gguf",
      path: "/models/tiny.gguf",
      stand_in: false,
      simulated: false,
      present: true,
      size_bytes: 98_362_432,
      ...bindings[index % bindings.length],
    },
  }));
  serveApi({
    "GET /templates": { templates: [{ ...pipeline(step("a")), id: "react", description: "" }] },
    "GET /models": { models, files: [] },
    "GET /settings": settings(),
  });
  renderApp(<StartScreen onStarted={vi.fn()} onDesign={vi.fn()} onModels={vi.fn()} />);
  return (await screen.findByText(/is ready/)).closest(".model-state")?.textContent;
}

test.each([
  [[{}], "tiny is ready · 98 MB"],
  [[{ stand_in: true }], "tiny is ready · 98 MBstand-in for all four roles"],
  [[{ stand_in: true }, {}], "tiny is ready · 98 MBstand-in for 2 of four roles"],
  [[{ simulated: true }], "tiny is ready · 98 MBsimulated"],
])("the model's line says what plays the roles: %j", async (bindings, text) => {
  expect(await modelLine(...bindings)).toBe(text);
});

const ASSEMBLER = {
  name: "Assembler",
  description: "",
  capabilities: [],
  recommended_for: [],
  recommended_parameters: {},
};

test("a missing model is told with its remedy, and the example waits for it", async () => {
  serveApi({
    "GET /templates": { templates: [{ ...pipeline(step("a")), id: "react" }] },
    "GET /models": {
      models: [
        {
          ...ASSEMBLER,
          binding: {
            id: "tiny",
            path: "/m",
            stand_in: true,
            simulated: false,
            present: false,
            problem: "tiny is gone.",
          },
        },
      ],
      files: [],
    },
    "GET /settings": settings(),
  });
  const onModels = vi.fn();
  renderApp(<StartScreen onStarted={vi.fn()} onDesign={vi.fn()} onModels={onModels} />);
  const told = await screen.findByTestId("start-model-missing");
  expect(told.textContent).toContain("tiny is gone.");
  // What is told says what to do itself.
  expect(told.textContent).not.toContain("cargo xtask models");
  expect(screen.getByTestId("run-example").hasAttribute("disabled")).toBe(true);
  await userEvent.click(screen.getByTestId("start-open-models"));
  expect(onModels).toHaveBeenCalled();
});

test("without a model and without a reason, the start says what to do", async () => {
  serveApi({
    "GET /templates": { templates: [{ ...pipeline(step("a")), id: "react" }] },
    "GET /models": { models: [{ ...ASSEMBLER, binding: undefined }], files: [] },
    "GET /settings": settings(),
  });
  renderApp(<StartScreen onStarted={vi.fn()} onDesign={vi.fn()} onModels={vi.fn()} />);
  const told = await screen.findByTestId("start-model-missing");
  expect(told.textContent).toContain("cargo xtask models");
});

test("one button leads to a first run, and the start is over", async () => {
  const calls = serveApi({
    "GET /templates": { templates: [{ ...pipeline(step("a")), id: "react" }] },
    "GET /models": {
      models: [
        {
          ...ASSEMBLER,
          binding: { id: "tiny", path: "/m", stand_in: false, simulated: false, present: true },
        },
      ],
      files: [],
    },
    "GET /settings": settings(),
    "GET /projects": { projects: [] },
    "PUT /settings": (body: unknown) => body,
    [`POST /projects/${DEFAULT_PROJECT}/execute`]: runView({ run_id: "new" }),
  });
  const onStarted = vi.fn();
  renderApp(<StartScreen onStarted={onStarted} onDesign={vi.fn()} onModels={vi.fn()} />);
  await screen.findByText(/is ready/);
  await expectAccessible();
  const button = screen.getByTestId("run-example");
  expect(document.activeElement).toBe(button);
  await userEvent.keyboard("{Enter}");
  await waitFor(() => expect(onStarted).toHaveBeenCalledWith("new"));
  const saved = calls.find(({ method, path }) => method === "PUT" && path.endsWith("/settings"));
  expect(saved?.body).toEqual(settings({ first_start_done: true }));
});
