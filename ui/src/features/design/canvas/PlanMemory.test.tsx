import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { FitView } from "@/api/models";
import { expectAccessible } from "@/test/axe";
import { PlanMemory } from "./PlanMemory";

const GIB = 1024 ** 3;

type Run = NonNullable<FitView["run"]>;
const step = (step_name: string, model_id: string, frees: string[] = [], loads = true) => ({
  step_name,
  model_id,
  loads,
  frees,
  total_bytes: 2 * GIB,
});

function show(run: Partial<Run>, machine: Partial<FitView["machine"]> = {}) {
  const fit: FitView = {
    machine: {
      total_bytes: 16 * GIB,
      available_bytes: 8 * GIB,
      held_bytes: 2 * GIB,
      allow_overcommit: false,
      ...machine,
    },
    devices: [],
    models: [],
    run: {
      steps: [step("analyze", "llama"), step("write", "gemma", ["llama"])],
      peak_bytes: 2 * GIB,
      model_loads: 2,
      all_stay: false,
      fits: true,
      ...run,
    },
  };
  return render(<PlanMemory fit={fit} />);
}

test("the most at once stands against what is free, and models that leave are named", async () => {
  show({});
  const shown = screen.getByTestId("plan-memory").textContent;
  // What models hold now is free for a run, since they give way.
  expect(shown).toContain("At most 2.1 GB at once, 11 GB free");
  expect(shown).toContain("Before write, gemma takes the place of llama.");
  await expectAccessible();
});

test.each([
  [{ all_stay: true }, {}, "stays to the end"],
  [{ fits: false, peak_bytes: 40 * GIB }, {}, "would be refused"],
  [{ fits: false, peak_bytes: 40 * GIB }, { allow_overcommit: true }, "tried all the same"],
  [{}, { available_bytes: null }, "At most 2.1 GB at once"],
])("a run of %j on a machine with %j is told as %s", (run, machine, expected) => {
  show(run, machine);
  expect(screen.getByTestId("plan-memory").textContent).toContain(expected);
});

test("a run on servers alone takes no memory here", () => {
  const { container } = show({ steps: [] });
  expect(container.textContent).toBe("");
});
