import { screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Binding } from "@/api/types";
import { pipeline, step } from "@/test/fixtures";
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
  });
  renderApp(<StartScreen onStarted={vi.fn()} onDesign={vi.fn()} />);
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
