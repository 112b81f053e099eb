import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { RunView } from "@/api/types";
import { filePairs, pairsOf } from "@/components/pairs";
import { diffRows, folded, type Row } from "@/components/sideRows";
import { artifact, pipeline, runView, step, stepView } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { CompareScreen } from "./CompareScreen";
import { settingsOf, stepPairs } from "./pairs";

afterEach(() => vi.unstubAllGlobals());

const text = (line: Row["left"]) => line?.parts.map((part) => part.text).join("");
const marked = (line: Row["left"]) => line?.parts.filter((part) => part.own).map((part) => part.text);

test("lines stand beside what they were, and both texts are whole", () => {
  const left = "one\ntwo\nthree\nfour";
  const right = "one\n2\nthree\nfour\nfive\n";
  const rows = diffRows(left, right, "word");
  expect(rows.map((row) => row.kind)).toEqual(["same", "changed", "same", "same", "added"]);
  expect(rows.flatMap((row) => text(row.left) ?? []).join("\n")).toBe(left);
  expect(`${rows.flatMap((row) => text(row.right) ?? []).join("\n")}\n`).toBe(right);
  expect(rows[4]?.right?.number).toBe(5);
});

test("words are marked within a line, or the line as a whole", () => {
  const [words] = diffRows("const a = 1;", "const b = 1;", "word");
  expect([marked(words?.left), marked(words?.right)]).toEqual([["a"], ["b"]]);
  const [line] = diffRows("const a = 1;", "const b = 1;", "line");
  expect(marked(line?.left)).toEqual(["const a = 1;"]);
});

test("texts that have nothing in common are compared in no time", () => {
  const many = (word: string) => Array.from({ length: 20_000 }, (_, i) => `${word} ${i * 7919}`).join("\n");
  const before = performance.now();
  const rows = diffRows(many("left"), many("right"), "line");
  expect(rows.length).toBe(20_000);
  expect(performance.now() - before).toBeLessThan(10_000);
});

test("identical stretches fold, with a few lines around each difference", () => {
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
  const changed = lines.map((line, i) => (i === 50 ? "other" : line));
  const sections = folded(diffRows(lines.join("\n"), changed.join("\n"), "word"));
  expect(sections.map((section) => [section.kind, section.rows.length])).toEqual([
    ["fold", 47],
    ["rows", 7],
    ["fold", 46],
  ]);
  expect(folded(diffRows("a\nb", "a\nb", "word")).map((section) => section.kind)).toEqual(["rows"]);
});

test("steps and files are matched by name", () => {
  expect(pairsOf(["a", "b", "c"], ["b", "d"], (name) => name).map((pair) => pair.name)).toEqual([
    "a",
    "b",
    "c",
    "d",
  ]);
  expect(
    filePairs(LEFT.final_artifacts, RIGHT.final_artifacts).map(({ name, state }) => [name, state]),
  ).toEqual([
    ["old.css", "removed"],
    ["same.md", "same"],
    ["Form.jsx", "changed"],
    ["new.ts", "added"],
  ]);
  const pair = stepPairs(LEFT, RIGHT)[0];
  const settings = settingsOf(
    pair ?? { name: "" },
    { left: LEFT, right: RIGHT },
    { role: "Role", model: "Model", seed: "Seed" },
  );
  expect(settings.filter((one) => one.differs)).toEqual([
    { name: "temperature", left: "0.7", right: "0.2", differs: true },
  ]);
});

const side = (run_id: string, temperature: number, extra: Partial<RunView>): RunView =>
  runView({
    run_id,
    name: `Run ${run_id}`,
    status: "SUCCESS",
    pipeline: pipeline(step("step_0", { parameters: { max_tokens: 100, temperature } }), step("step_1")),
    steps: [
      stepView(0, { status: "SUCCESS", prompt: "Write a form", result: `${run_id} form\n` }),
      stepView(1, { status: "SUCCESS", prompt: "Document it", result: "The same" }),
    ],
    ...extra,
  });
const LEFT = side("r1", 0.7, {
  final_artifacts: [artifact("old.css", "a{}"), artifact("same.md", "#"), artifact("Form.jsx", "one\n")],
});
const RIGHT = side("r2", 0.2, {
  final_artifacts: [artifact("same.md", "#"), artifact("Form.jsx", "two\n"), artifact("new.ts", "x")],
});

test("two runs stand side by side: what differs is open, what is the same is folded", async () => {
  serveApi({ "GET /runs/r1": LEFT, "GET /runs/r2": RIGHT });
  const onOpenRun = vi.fn();
  renderApp(<CompareScreen left="r1" right="r2" onOpenRun={onOpenRun} />);
  const first = await screen.findByTestId("compare-step-step_0");
  const [settings, prompt, output] = within(first).getAllByRole("button");
  expect(settings?.getAttribute("aria-expanded")).toBe("true");
  expect(within(first).getByRole("row", { name: /temperature 0.7 0.2 \(differs\)/ })).toBeTruthy();
  expect(prompt?.getAttribute("aria-expanded")).toBe("false");
  expect(output?.getAttribute("aria-expanded")).toBe("true");
  const diff = within(first).getByTestId("side-diff");
  expect([...diff.querySelectorAll("mark")].map((mark) => mark.textContent)).toEqual(["r1", "r2"]);
  const second = screen.getByTestId("compare-step-step_1");
  expect(within(second).queryByTestId("side-diff")).toBeNull();
  expect(screen.getByTestId("compare-file-new.ts").dataset.state).toBe("added");
  await userEvent.click(within(screen.getByTestId("compare-r2")).getByRole("button", { name: "Open" }));
  expect(onOpenRun).toHaveBeenCalledWith("r2");
  await userEvent.click(screen.getByTestId("compare-swap"));
  expect(window.location.hash).toBe("#/compare/r2/r1");
});

test("a run that is gone is told", async () => {
  serveApi({ "GET /runs/r1": LEFT });
  renderApp(<CompareScreen left="r1" right="r9" onOpenRun={vi.fn()} />);
  expect((await screen.findByRole("alert")).textContent).toContain("could not be compared");
});
