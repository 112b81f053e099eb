// What becomes of a pipeline: its prompt and tokens before a run, files, the run itself, versions, files of JSON, and crashes. The real
// models serve the roles, in the real window.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { closeDialog, documentOf, openFile, openVersion, press, SOON_MS, saveVersion, stable, untilDocument, untilSaved } from "./designed.mjs";
import { home, openWindow, shareWindow, window } from "./fixture.mjs";
import { saveScreenshot } from "./screenshots.mjs";

const MINUTE = 60_000;

shareWindow();

const step = (step_name, more = {}) => ({
  step_name,
  model_type: "CodeLlama",
  prompt: `Say one word about ${step_name}.`,
  parameters: { max_tokens: 6, temperature: 0 },
  ...more,
});
const assembler = { parameters: { max_tokens: 6, temperature: 0 } };
const prompts = ({ steps }) => steps.map(({ prompt }) => prompt);
const promptEditor = () => window.browser.$('[data-testid="prompt-editor"] .cm-content');

/** The number at the beginning of an element's text, with its separators left out. */
async function numberIn(selector) {
  const text = await window.text(window.browser.$(selector));
  return Number(/\d[\d,]*/.exec(text)?.[0].replaceAll(",", ""));
}

async function runToEnd() {
  await window.click("run-button");
  await window.get("run-status").waitForDisplayed({ timeout: SOON_MS });
  await window.waitForStatus("SUCCESS", 2 * MINUTE);
  return home.run();
}

/** Clicks until it is done: while a part of the form scrolls into its place, a click may miss. */
async function clickUntil(click, done, timeoutMsg) {
  await window.browser.waitUntil(
    async () => {
      if (await done()) return true;
      await click();
      return false;
    },
    { timeout: SOON_MS, interval: 1000, timeoutMsg },
  );
}

/** The first step's preview, once it has counted. */
async function preview(position) {
  await window.click(`step-${position}`);
  await window.get("step-inspector").waitForDisplayed();
  await window.click("go-preview");
  await window.browser.$('[data-testid="prompt-preview"][aria-busy="false"] .preview-count').waitForExist({ timeout: MINUTE });
}

test("the preview's tokens are those that the run reports", { timeout: 4 * MINUTE }, async () => {
  await openFile(window, home, { name: "Counted", global_context: { tone: "dry" }, steps: [step("stones"), step("rivers")], assembler });
  await preview(0);
  const shown = await numberIn('[data-testid="prompt-preview"] .preview-count');
  assert.match(await window.text(window.get("prompt-preview")), /Say one word about stones\./);
  await saveScreenshot(window, "documents 1 preview");
  const run = await runToEnd();
  assert.equal(run.simulated, false);
  assert.equal(run.steps[0].timings.prompt_tokens, shown);
  await window.goTo("design");
  await window.get("run-drawer").waitForDisplayed();
  await saveScreenshot(window, "documents 2 after the run");
});

test("a prompt that is too long says that it does not fit", { timeout: 2 * MINUTE }, async () => {
  const prompt = "A word and another word. ".repeat(1800);
  await openFile(window, home, { name: "Too long", steps: [step("short"), step("long", { prompt })], assembler });
  await window.browser.$('[data-testid="budget-1"].budget-over').waitForDisplayed({ timeout: MINUTE });
  assert.equal(await window.browser.$('[data-testid="budget-0"].budget-over').isExisting(), false);
  await window.click("step-1");
  await window.browser.$('[data-testid="budget-panel"] .budget-remedy').waitForDisplayed({ timeout: SOON_MS });
  assert.match(await window.text(window.browser.$('[data-testid="budget-panel"] .budget-remedy')), /too long for this model: [\d,]+ tokens too many/);
  await saveScreenshot(window, "documents 3 too long");
});

test("files of a linked folder reach the prompt with their tokens", { timeout: 4 * MINUTE }, async () => {
  mkdirSync(join(home.exportDir, "src"));
  writeFileSync(join(home.exportDir, "src", "answer.ts"), "export const answer = 42;\n");
  writeFileSync(join(home.exportDir, "notes.md"), "not asked for\n");
  await openFile(window, home, { name: "With files", steps: [step("reader", { prompt: "Name the constant." })], assembler });
  await window.click("step-0");
  await window.click("go-files");
  await clickUntil(() => window.get("link-folder").click(), () => window.browser.$(".folder-line").isExisting(), "no folder was linked");
  await window.type(window.get("pattern-new"), "src/**/*.ts");
  await window.click("pattern-add");
  await window.browser.$(".matched-files li").waitForDisplayed({ timeout: MINUTE });
  const listed = await window.text(window.browser.$(".matched-files"));
  assert.match(listed, /^src\/answer\.ts\d+ tokens/);
  await saveScreenshot(window, "documents 4 files");
  await preview(0);
  const shown = await numberIn('[data-testid="prompt-preview"] .preview-count');
  const run = await runToEnd();
  assert.match(run.steps[0].prompt, /export const answer = 42;/);
  assert.doesNotMatch(run.steps[0].prompt, /not asked for/);
  assert.equal(run.steps[0].timings.prompt_tokens, shown);
});

test("a run waits after its step, and the edited output is what the next step reads", { timeout: 4 * MINUTE }, async () => {
  const pipeline = { name: "Approved", steps: [step("draft"), step("final")], assembler };
  await openFile(window, home, pipeline);
  await window.click("step-0");
  await window.click("go-parameters");
  await clickUntil(() => window.click("step-pause"), async () => (await documentOf(window))?.steps[0].pause_after, "the step does not pause");
  await window.click("run-button");
  await window.get("approve-panel").waitForDisplayed({ timeout: 2 * MINUTE });
  const before = home.run();
  assert.equal(before.paused, true);
  await saveScreenshot(window, "documents 5 waits");
  await window.click("approve-edit");
  const words = "The user wrote these twelve words in the place of the model.";
  await window.type(window.browser.$('[data-testid="output-editor"] .cm-content'), words);
  await saveScreenshot(window, "documents 6 edited output");
  await window.click("output-approve");
  await window.waitForStatus("SUCCESS", 2 * MINUTE);
  const run = home.run();
  assert.equal(run.steps[0].result, words);
  assert.equal(run.steps[0].original_result, before.steps[0].result);
  const known = JSON.parse(home.cliWithInput(JSON.stringify(run.pipeline), "preview", "-", "--run", run.run_id, "--step", "final", "--json"));
  const asked = known.steps.find(({ step_name }) => step_name === "final");
  assert.ok(asked.text.includes(words), asked.text);
  assert.equal(run.steps[1].timings.prompt_tokens, asked.known_tokens, "the step read the edited text and nothing else");
  await saveScreenshot(window, "documents 7 approved");
});

test("two branches on two models run with the fewest loads", { timeout: 5 * MINUTE }, async () => {
  home.cli("models", "bind", "CodeGemma", "gemma-3-270m-q4_k_m");
  home.cli("models", "bind", "Assembler", "gemma-3-270m-q4_k_m");
  const gemma = { model_type: "CodeGemma" };
  const steps = [
    step("small_1", { inputs: [] }),
    step("large_1", { ...gemma, inputs: [] }),
    step("small_2", { inputs: ["small_1"] }),
    step("large_2", { ...gemma, inputs: ["large_1"] }),
  ];
  await openFile(window, home, { name: "Two branches", steps, assembler });
  await press(window, "Control", "Shift", "f");
  await window.browser.waitUntil(async () => /2 model/.test(await window.text(window.get("plan-button")).catch(() => "")), {
    timeout: MINUTE,
    timeoutMsg: "two model loads are not planned",
  });
  await window.click("plan-button");
  await window.browser.$(".plan-popup").waitForDisplayed();
  await saveScreenshot(window, "documents 8 plan");
  await press(window, "Escape");
  const run = await runToEnd();
  const order = run.steps.toSorted((one, other) => Date.parse(one.started_at) - Date.parse(other.started_at)).map(({ step_name }) => step_name);
  assert.deepEqual(order, ["small_1", "small_2", "large_1", "large_2"]);
  assert.deepEqual(
    run.steps.map(({ model }) => /gemma/.test(model.id)),
    [false, true, false, true],
  );
  await saveScreenshot(window, "documents 9 two models");
  for (const role of ["CodeGemma", "Assembler"]) home.cli("models", "bind", role, "default");
});

test("versions are named, compared and restored, and a run makes one", { timeout: 3 * MINUTE }, async () => {
  await openFile(window, home, { name: "Versioned", steps: [step("first")], assembler });
  await untilSaved(window);
  await saveVersion(window, "Before the change");
  await window.click("step-0");
  await window.type(promptEditor(), "Say one word about mountains.");
  await untilDocument(window, prompts, ["Say one word about mountains."]);
  await untilSaved(window);

  await openVersion(window, "Before the change");
  assert.match(await window.text(window.get("document-changes")), /first/);
  assert.match(await window.text(window.get("document-changes")), /mountains/);
  await saveScreenshot(window, "documents 10 versions");
  await window.click("restore-version");
  await untilDocument(window, prompts, ["Say one word about first."]);
  await window.get("versions").waitForExist({ reverse: true });
  await press(window, "Control", "z");
  await untilDocument(window, prompts, ["Say one word about mountains."]);

  const run = await runToEnd();
  assert.ok(run.pipeline_version > 1, `the run is of version ${run.pipeline_version}`);
  await window.goTo("design");
  await press(window, "Control", "Shift", "h");
  await window.browser.$(`[data-testid="versions"] a[href="#/runs/${run.run_id}"]`).waitForDisplayed({ timeout: SOON_MS });
  await saveScreenshot(window, "documents 11 version of a run");
  await closeDialog(window, "versions");
});

test("one JSON file comes in and goes out as it was, and a faulty one is told with its place", { timeout: 2 * MINUTE }, async () => {
  const pipeline = {
    name: "Round trip",
    description: "All of it.",
    global_context: { depth: { list: [1, "two", null] } },
    steps: [
      step("one", { context: { own: true }, pause_after: true }),
      step("two", { inputs: ["one"], enabled: false, timeout_s: 30 }),
      step("three", { inputs: [], files: ["src/**/*.ts"] }),
    ],
    assembler,
    metadata: { canvas: { one: [0, 0], two: [40, 200], three: [380, 200] }, note: "kept" },
  };
  await openFile(window, home, pipeline);
  await press(window, "Control", "Shift", "s");
  const written = join(home.exportDir, "round-trip.json");
  const read = () => {
    try {
      return JSON.parse(readFileSync(written, "utf8"));
    } catch {
      return null;
    }
  };
  await window.browser.waitUntil(() => read() !== null, { timeout: SOON_MS, timeoutMsg: "nothing was exported" });
  assert.deepEqual(read(), pipeline);
  await saveScreenshot(window, "documents 12 exported");

  writeFileSync(home.importFile, '{"name": "Broken", "steps": [{"step_name": "one", "model_type": "Nobody", "prompt": 3}]}');
  await press(window, "Control", "o");
  await window.get("import-faults").waitForDisplayed({ timeout: SOON_MS });
  const places = await window.browser.execute(() => [...document.querySelectorAll('[data-testid="import-faults"] code')].map((one) => one.textContent));
  assert.deepEqual(places.toSorted(), ["steps[0].model_type", "steps[0].prompt"]);
  await saveScreenshot(window, "documents 13 faulty file");
  writeFileSync(home.importFile, '{\n  "name": "Broken",,\n}');
  await press(window, "Control", "o");
  await window.browser.waitUntil(async () => /line 2/.test(await window.text(window.get("import-faults"))), { timeout: SOON_MS });
  assert.equal((await documentOf(window)).name, "Round trip", "a faulty file changes nothing");
});

test("nothing that was typed is lost when the window is killed", { timeout: 4 * MINUTE }, async () => {
  await openFile(window, home, { name: "Survivor", steps: [step("kept")], assembler });
  await untilSaved(window);
  const rename = async (name) => {
    const field = window.get("pipeline-name");
    await window.type(field, name);
    await untilDocument(window, (it) => it.name, name);
  };
  const reopen = async () => {
    await window.kill();
    await openWindow();
    await window.goTo("design");
    await window.get("pipeline-name").waitForDisplayed({ timeout: SOON_MS });
  };
  await rename("Survivor, saved");
  await untilSaved(window);
  await reopen();
  assert.equal(await window.get("pipeline-name").getValue(), "Survivor, saved");

  await rename("Survivor, typed just now");
  await reopen();
  assert.equal(await window.get("pipeline-name").getValue(), "Survivor, typed just now");
  await untilSaved(window);
  await saveScreenshot(window, "documents 14 after a crash");
  const saved = JSON.parse(home.cli("pipelines", "list", "--json"));
  assert.match(stable(saved), /Survivor/);
  await press(window, "Control", "z");
  await untilDocument(window, (it) => it.name !== "Survivor, typed just now", true);
});
