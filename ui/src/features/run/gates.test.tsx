import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { startLive } from "@/api/runView";
import type {
  Artifact,
  Attempt,
  Conflict,
  GateFinding,
  PatchReport,
  ResultFault,
  RunView,
  StepReport,
  StepView,
  SyntaxFault,
  SyntaxReport,
} from "@/api/types";
import { allCommands, useRegistry } from "@/components/commands";
import { usePasting } from "@/components/pasting";
import { patchText } from "@/components/patchText";
import { expectAccessible } from "@/test/axe";
import { artifact, pipeline, runView, step, stepView } from "@/test/fixtures";
import { renderApp, serveApi } from "@/test/render";
import { conflictText, faultText } from "./assemblySentences";
import { longer } from "./longer";
import { RunPanes } from "./RunScreen";
import { findingText } from "./stepSentences";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

const actions = { onEdit: vi.fn(), onOpenRun: vi.fn(), onExport: vi.fn(), onChanged: vi.fn() };
const user = userEvent.setup();

const fault = (line: number, message: string): SyntaxFault => ({
  line,
  column: 5,
  start: line,
  end: line,
  message,
});
const INVALID: SyntaxReport = {
  state: "invalid",
  grammar: "jsx",
  errors: [fault(2, "`(` is never closed."), fault(9, "Something is missing.")],
  has_more: true,
};
const checked = (name: string, content: string, syntax: SyntaxReport): Artifact => ({
  ...artifact(name, content),
  syntax,
});
const FILES = [
  checked("Form.jsx", "one\ntwo(\nthree\n", INVALID),
  checked("form.css", "a{}\n", { state: "valid", grammar: "css", errors: [] }),
  checked("log.txt", "x\n", { state: "unchecked", reason: "no_grammar", errors: [] }),
];
const TIMINGS = {
  load_ms: 0,
  prompt_ms: 1,
  generate_ms: 1000,
  prompt_tokens: 1,
  cached_tokens: 0,
  generated_tokens: 31,
};
const attempt = (result: string, ...findings: GateFinding[]): Attempt => ({
  result,
  artifacts: [],
  findings,
  finish_reason: "end_of_turn",
  timings: TIMINGS,
});
const report = (extra: Partial<StepReport>): StepReport => ({
  extractor_version: 2,
  source: "blocks",
  ...extra,
});

/** A run of which the first step is this one, shown with it selected. */
async function showStep(extra: Partial<StepView>, run: Partial<RunView> = {}) {
  serveApi({});
  const first = stepView(0, { status: "SUCCESS", result: "text", timings: TIMINGS, ...extra });
  const view = runView({ status: "SUCCESS", steps: [first, stepView(1)], ...run });
  const shown = renderApp(<RunPanes live={startLive(view)} {...actions} />);
  await user.click(screen.getByTestId("step-0"));
  return shown;
}

const LOST: ResultFault = { kind: "lost_file", name: "form.css" };
const SAME: Conflict = { kind: "same_name", name: "Form.jsx", steps: ["one", "two"] };

/** Steps of which the second changes what the first wrote and adds nothing. */
const WITH_PIECES = [
  stepView(0, {
    status: "SUCCESS",
    artifacts: [artifact("Form.jsx", "old\n"), artifact("form.css", "a{}\n"), artifact("own.ts", "1\n")],
  }),
  stepView(1, { status: "SUCCESS", artifacts: [artifact("form.JSX", "one\ntwo()\nthree\n")] }),
];

function showFinal(extra: Partial<RunView>, answer: unknown = runView({ seq: 9 })) {
  const calls = serveApi({ "POST /runs/r1/final": answer, "POST /runs/r1/reread": answer });
  const run = runView({
    status: "SUCCESS",
    steps: [stepView(0, { status: "SUCCESS" }), stepView(1, { status: "SUCCESS" })],
    assembler: stepView(2, { step_name: "assembler", model_type: "Assembler", artifacts: FILES }),
    final_artifacts: FILES,
    final_artifacts_from: "steps",
    seq: 5,
    ...extra,
  });
  const shown = renderApp(<RunPanes live={startLive(run)} {...actions} />);
  const sent = (path: string) => calls.filter((call) => call.path.endsWith(path)).map((call) => call.body);
  return { ...shown, sent };
}

test("every file says whether it parses, and an error leads to its line", async () => {
  const { container } = showFinal({});
  const mark = (name: string) => within(screen.getByTestId(`artifact-${name}`)).getByTestId("syntax-mark");
  expect(mark("Form.jsx").textContent).toBe("more than 2 errors");
  expect(within(mark("form.css")).getByRole("img", { name: "valid" })).toBeTruthy();
  expect(mark("log.txt").title).toContain("no grammar");
  const code = screen.getByTestId("highlighted-code");
  expect([...code.children].map((line) => line.classList.contains("code-faulty"))).toEqual([
    false,
    true,
    true,
  ]);
  await user.click(screen.getByRole("button", { name: /Line 2, column 5.*never closed/ }));
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Form.jsx");
  expect(code.querySelector(".code-shown .code-text")?.textContent).toBe("two(");
  await expectAccessible(container);
  await user.click(screen.getByTestId("artifact-form.css"));
  expect(screen.queryByTestId("syntax-errors")).toBeNull();
  expect(document.querySelector(".code-faulty")).toBeNull();
});

test("a step with a gate says how it went, and shows everything that was tried", async () => {
  const finding: GateFinding = {
    kind: "syntax",
    artifact: "a.js",
    line: 3,
    message: "`(` is never closed.",
    excerpt: ">    3 | c(",
  };
  const attempts = [
    attempt("first answer", finding, { kind: "no_artifact", message: "x" }),
    attempt("second"),
  ];
  const { container } = await showStep({ gate_passed: true, report: report({ attempts, kept: 1 }) });
  expect(screen.getByTestId("gate-panel").dataset.passed).toBe("true");
  expect(within(screen.getByTestId("step-0")).getByRole("img", { name: "Gate passed" })).toBeTruthy();
  await user.click(screen.getByTestId("gate-attempts"));
  const first = screen.getByTestId("attempt-1");
  expect(first.textContent).toContain("2 faults");
  expect(first.textContent).toContain("31 tokens");
  expect(first.textContent).toContain("a.js, line 3: `(` is never closed.");
  expect(first.textContent).toContain("3 | c(");
  expect(first.textContent).not.toContain("kept");
  expect(within(screen.getByTestId("attempt-2")).getByText("kept")).toBeTruthy();
  await user.click(within(first).getByRole("button", { name: "Answer of attempt 1" }));
  expect(screen.getByTestId("attempt-answer-1").textContent).toBe("first answer");
  await expectAccessible(container);
});

test("a gate that failed the step, and one that is at work", async () => {
  const attempts = [attempt("a", { kind: "no_artifact", message: "x" })];
  const { unmount } = await showStep(
    {
      status: "FAILED",
      error: "No attempt passed.",
      error_code: "gate_failed",
      report: report({ attempts }),
    },
    { status: "FAILED" },
  );
  expect(screen.getByTestId("gate-panel").textContent).toContain("Gate not passed");
  expect(screen.getByTestId("failure-card").textContent).toContain("gate_failed");
  unmount();
  await showStep({ status: "RUNNING", result: "", report: report({ attempts }) }, { status: "RUNNING" });
  expect(screen.getByTestId("gate-panel").textContent).toContain("Attempt 2 is being written.");
  expect(screen.getByTestId("gate-panel").textContent).not.toContain("not passed");
});

test("edits of earlier files, continuations and a cut answer are told above the text", async () => {
  const patches: PatchReport[] = [
    { outcome: "applied", name: "a.js", start: 0, end: 5 },
    { outcome: "refused", fault: { kind: "not_found", hunk: 2 }, name: "b.js", start: 6, end: 9 },
  ];
  await showStep({ finish_reason: "length", report: report({ patches, unclosed: true, continuations: 2 }) });
  const told = screen.getByTestId("step-patches");
  expect(told.textContent).toContain("2 edits of earlier files · 1 of them changed nothing");
  expect(
    within(told)
      .getAllByRole("listitem")
      .map((item) => item.textContent),
  ).toEqual(["a.js is changed as the answer says.", "b.js does not have the lines that edit 2 replaces."]);
  expect(screen.getByTestId("step-unclosed").textContent).toContain("or let it be continued");
  expect(screen.getByTestId("step-unclosed").textContent).not.toContain("not continued");
  expect(screen.getByTestId("step-continued").textContent).toContain("continued 2 times");
  expect(screen.queryByText(/reached its longest length and may be cut/)).toBeNull();
});

test("an answer that its length cut off can be run again with more tokens", async () => {
  const calls = serveApi({ "POST /runs/r1/rerun": runView({ run_id: "r2" }) });
  const cut = { status: "SUCCESS", result: "text", finish_reason: "length" } as const;
  const steps = [step("step_0", { parameters: { max_tokens: 100, temperature: 0.2 } }), step("step_1")];
  const view = runView({
    status: "SUCCESS",
    steps: [
      stepView(0, { ...cut, report: report({ continuations: 1 }) }),
      stepView(1, { ...cut, report: report({ unclosed: true }) }),
    ],
    pipeline: pipeline(...steps),
  });
  renderApp(<RunPanes live={startLive(view)} {...actions} />);
  await user.click(screen.getByTestId("step-1"));
  expect(screen.getByTestId("step-unclosed").textContent).toContain("It was not continued.");
  expect(screen.getByTestId("rerun-longer").textContent).toBe("Run from here with 1,024 tokens");
  await user.click(screen.getByTestId("step-0"));
  expect(screen.queryByText(/was not continued/)).toBeNull();
  await user.click(screen.getByRole("button", { name: "Run from here with 400 tokens" }));
  await waitFor(() => expect(actions.onOpenRun).toHaveBeenCalledWith("r2"));
  const sent = calls.find((call) => call.path.includes("/rerun"));
  expect(sent?.path).toContain("/rerun?keep=unchanged&from=step_0");
  expect(sent?.body).toEqual({
    pipeline: pipeline(step("step_0", { parameters: { max_tokens: 400, temperature: 0.2 } }), step("step_1")),
  });
});

test.each<[string, Partial<StepView>, Partial<RunView>, number | undefined]>([
  ["twice the default", {}, {}, 1024],
  ["twice of all continuations", { report: report({ continuations: 3 }) }, {}, 4096],
  ["not of one that ended by itself", { finish_reason: "end_of_turn" }, {}, undefined],
  ["the Assembler's own default", { position: 2 }, {}, 4096],
  [
    "up to what the router takes",
    {},
    { pipeline: pipeline(step("step_0", { parameters: { max_tokens: 100_000 } })) },
    131_072,
  ],
  [
    "nothing above it",
    {},
    { pipeline: pipeline(step("step_0", { parameters: { max_tokens: 131_072 } })) },
    undefined,
  ],
])("more tokens: %s", (_, ofStep, ofRun, tokens) => {
  const found = longer(runView(ofRun), stepView(0, { finish_reason: "length", ...ofStep }));
  expect(found?.tokens).toBe(tokens);
  if (ofStep.position === 2)
    expect(found?.pipeline.assembler).toEqual({ parameters: { max_tokens: 4096, temperature: 0.3 } });
});

test("faults of the Assembler's result are told, and the user chooses between it and the pieces", async () => {
  const { sent, container } = showFinal({
    assembly: { fallback: true, faults: [LOST], conflicts: [SAME] },
  });
  const notice = screen.getByTestId("assembly-notice");
  expect(notice.textContent).toContain("so the steps' latest pieces stand in");
  expect(screen.getByTestId("assembly-faults").textContent).toContain("form.css is among the pieces");
  expect(screen.getByTestId("assembly-conflicts").textContent).toContain("Form.jsx comes from one and two");
  expect(screen.getByText(/in the place of the Assembler's result/)).toBeTruthy();
  const pieces = within(notice).getByRole<HTMLInputElement>("radio", { name: "Latest pieces" });
  expect(pieces.checked).toBe(true);
  await expectAccessible(container);
  await user.click(within(notice).getByRole("radio", { name: "Assembler's result" }));
  await waitFor(() => expect(actions.onChanged).toHaveBeenCalledTimes(1));
  expect(sent("/final")).toEqual([{ from: "assembler" }]);
});

test("edits of the final files are given up only after asking", async () => {
  const { sent } = showFinal({
    assembly: { faults: [LOST] },
    steps: WITH_PIECES,
    final_artifacts_from: "assembler",
    final_artifacts_edited: true,
  });
  await user.click(screen.getByRole("radio", { name: "Latest pieces" }));
  await user.click(await screen.findByTestId("confirm-cancel"));
  expect(sent("/final")).toEqual([]);
  await user.click(screen.getByRole("radio", { name: "Latest pieces" }));
  await user.click(await screen.findByTestId("confirm-action"));
  await waitFor(() => expect(sent("/final")).toEqual([{ from: "steps" }]));
});

test("where nothing is wrong, the choice is there calmly, and both results are compared file by file", async () => {
  const { sent, container } = showFinal({ steps: WITH_PIECES, final_artifacts_from: "assembler" });
  const notice = screen.getByTestId("assembly-notice");
  expect(notice.className).toContain("assembly-quiet");
  expect(within(notice).queryByRole("button", { expanded: false })).toBeNull();
  expect(within(notice).getByRole<HTMLInputElement>("radio", { name: "Assembler's result" }).checked).toBe(
    true,
  );
  expect(screen.getByTestId("assembly-differ").textContent).toContain("They differ in 4 files.");
  await user.click(screen.getByTestId("assembly-compare"));
  const both = screen.getByTestId("candidates");
  const shown = within(both)
    .getAllByTestId(/^compare-file-/)
    .map((file) => [file.dataset.testid, file.dataset.state, file.querySelector(".chip")?.textContent]);
  expect(shown).toEqual([
    ["compare-file-Form.jsx", "removed", "Only in the result"],
    ["compare-file-form.JSX", "added", "Only in the pieces"],
    ["compare-file-form.css", "same", "Same"],
    ["compare-file-log.txt", "removed", "Only in the result"],
    ["compare-file-own.ts", "added", "Only in the pieces"],
  ]);
  expect(screen.queryByTestId("assembly-compare")).toBeNull();
  await expectAccessible(container);
  await user.click(screen.getByRole("radio", { name: "Files" }));
  expect(screen.queryByTestId("candidates")).toBeNull();
  const command = allCommands(useRegistry.getState().lists).find(({ id }) => id === "run.compare-results");
  act(() => command?.run());
  expect(screen.getByTestId("candidates")).toBeTruthy();
  await user.click(within(notice).getByRole("radio", { name: "Latest pieces" }));
  await waitFor(() => expect(sent("/final")).toEqual([{ from: "steps" }]));
});

test("pieces that were joined without a model tell what does not fit, and leave no choice", async () => {
  const run = { ...pipeline(step("step_0"), step("step_1")), assembler: { mode: "deterministic" as const } };
  showFinal({ assembly: { conflicts: [SAME] }, pipeline: run });
  expect(screen.getByText("The latest piece of each file, joined without a model.")).toBeTruthy();
  expect(screen.queryByTestId("assembly-conflicts")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Some pieces do not fit together." }));
  expect(screen.getByTestId("assembly-conflicts")).toBeTruthy();
  expect(screen.queryByTestId("assembly-choice")).toBeNull();
});

test("files are found anew from the run's menu, once it has ended, and a text is pasted from there", async () => {
  const { sent, unmount } = showFinal({});
  await user.click(screen.getByTestId("run-menu"));
  await user.click(await screen.findByTestId("run-menu-reread"));
  await waitFor(() => expect(actions.onChanged).toHaveBeenCalledTimes(1));
  expect(sent("/reread")).toHaveLength(1);
  await user.click(screen.getByTestId("run-menu"));
  await user.click(await screen.findByTestId("run-menu-paste"));
  expect(usePasting.getState().earlier?.map((file) => file.name)).toEqual(FILES.map((file) => file.name));
  unmount();
  showFinal({ status: "RUNNING" });
  expect(screen.queryByTestId("run-menu")).toBeNull();
});

test.each<[Conflict, string]>([
  [SAME, "Form.jsx comes from one and two; that of two is the latest."],
  [
    {
      kind: "duplicate_symbol",
      symbol: "Form",
      places: [
        { file: "a.js", line: 1 },
        { file: "b.js", line: 7 },
      ],
    },
    "Form is declared more than once: a.js:1 and b.js:7.",
  ],
  [
    { kind: "missing_file", place: { file: "a.js", line: 2 }, import: "./x" },
    "a.js imports ./x in line 2, which no file provides.",
  ],
  [
    { kind: "missing_name", place: { file: "a.js", line: 2 }, name: "f", provider: "x.js" },
    "a.js imports f from x.js in line 2, which does not export it.",
  ],
])("%o as a sentence", (conflict, sentence) => {
  expect(conflictText(conflict)).toBe(sentence);
  expect(faultText({ kind: "unfit", conflict })).toEqual({ own: sentence });
});

test.each<[ResultFault, { own: string; told?: string }]>([
  [LOST, { own: "form.css is among the pieces and not in the result." }],
  [
    { kind: "invalid", name: "a.js", error: fault(2, "Odd.") },
    { own: "a.js does not parse in line 2, column 5:", told: "Odd." },
  ],
  [{ kind: "cut_off", name: "a.js" }, { own: "a.js was cut off by the end of the output." }],
  [{ kind: "left_out", name: "a.js", line: 4 }, { own: "a.js leaves code out in line 4." }],
])("%o as a sentence", (value, sentence) => {
  expect(faultText(value)).toEqual(sentence);
});

test.each<[GateFinding, { own: string; told?: string }]>([
  [
    { kind: "cut_off", artifact: "a.js", message: "x" },
    { own: "a.js is cut off: the answer ended inside it." },
  ],
  [
    { kind: "edit", artifact: "a.js", message: "`a.js` is odd." },
    { own: "", told: "`a.js` is odd." },
  ],
  [
    { kind: "schema", artifact: "a.json", message: "No." },
    { own: "a.json:", told: "No." },
  ],
  [{ kind: "no_json", message: "x" }, { own: "The answer has no JSON file to check against the schema." }],
  // In older records a missing file was of this kind too, and in all of them the message says which it is.
  [
    { kind: "schema", message: "The answer has no JSON file." },
    { own: "", told: "The answer has no JSON file." },
  ],
  [
    { kind: "command", message: "It failed." },
    { own: "", told: "It failed." },
  ],
])("%o as a sentence", (finding, sentence) => {
  expect(findingText(finding)).toEqual(sentence);
});

test.each<[PatchReport, string]>([
  [{ outcome: "created", name: "a", start: 0, end: 1 }, "a is new."],
  [{ outcome: "expanded", name: "a", start: 0, end: 1 }, "a is taken over from the earlier step, unchanged."],
  [
    { outcome: "refused", fault: { kind: "unnamed" }, start: 0, end: 1 },
    "An edit does not say its file, and no single file has its old lines.",
  ],
  [
    { outcome: "refused", fault: { kind: "ambiguous", hunk: 1, places: 3 }, name: "a", start: 0, end: 1 },
    "a has the lines that edit 1 replaces at 3 places.",
  ],
])("%o as a sentence", (patch, sentence) => {
  expect(patchText(patch)).toBe(sentence);
});
