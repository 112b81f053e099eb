// Whole ways from an empty page to exported files on the real default model, in the real window: with one click, with the pointer, and
// with the keys alone. While an answer streams in, what can be clicked stays where it is.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { command, documentOf, drag, hasFocus, middle, nodeOf, openFile, press, SOON_MS, stepNames, tabTo, untilDocument } from "./designed.mjs";
import { home, shareWindow, window } from "./fixture.mjs";
import { nameFile, undoExport, writeExport } from "./results.mjs";
import { saveScreenshot } from "./screenshots.mjs";

const MINUTE = 60_000;
/** The default model is small and does not write code every time, so a few tries are allowed. */
const TRIES = 5;
const PLAN = "Name three parts of a badge in one line";
const WRITE = "Write a web page with a red badge as one fenced html code block";

shareWindow({ afresh: true });

const readOf = (name) => ({ steps }) => steps.find(({ step_name }) => step_name === name)?.inputs ?? null;

test("one click on a first start leads to a result of the real model", { timeout: 18 * MINUTE }, async () => {
  await window.get("run-example").waitForClickable({ timeout: MINUTE });
  await window.click("run-example");
  await window.waitForRunning(0, { timeout: MINUTE });
  await saveScreenshot(window, "made 1 example runs");
  // Its steps may write 7,000 tokens, of which a slow machine writes ten a second.
  await window.waitForStatus("SUCCESS", 15 * MINUTE);
  const run = home.run();
  assert.equal(run.simulated, false);
  assert.ok(run.steps.every(({ result, model }) => result !== "" && /SmolLM2/.test(model.id)));
  await window.click("step-final");
  await window.browser.$(".final-head h2").waitForDisplayed();
  await saveScreenshot(window, "made 2 example ran");
});

/** Opens the form of the step at `position` and fills it in. */
async function fill(position, prompt, tokens) {
  await window.click(`step-${position}`);
  await window.get("step-inspector").waitForDisplayed();
  await window.type(window.browser.$('[data-testid="prompt-editor"] .cm-content'), prompt);
  await window.type(window.get("max-tokens"), String(tokens));
  await untilDocument(window, ({ steps }) => [steps[position].prompt, steps[position].parameters.max_tokens], [prompt, tokens]);
}

test("a pipeline is built and connected with the pointer, run, its files edited, exported, and the export undone", { timeout: 15 * MINUTE }, async () => {
  await window.goTo("design");
  if (!(await window.get("template-blank").isExisting())) await window.click("open-gallery");
  await window.click("template-blank");
  await window.get("canvas").waitForDisplayed({ timeout: SOON_MS });
  const before = (await stepNames(window)).length;
  await window.click("zoom-fit");
  for (const [count, role] of ["CodeLlama", "CodeGemma"].entries()) {
    // Let go below the last step, beside the line to the Assembler.
    await window.browser.pause(400);
    const above = await middle(window, count === 0 ? '.react-flow__node:has([data-testid="context-card"])' : nodeOf(before + count - 1));
    const below = await middle(window, '.react-flow__node:has([data-testid="assembler-card"])');
    const { x: left } = await middle(window, '[data-testid="zoom-fit"]');
    const gap = { x: Math.round((left + above.x) / 2), y: Math.round((above.y + 2 * below.y) / 3) };
    await drag(window, await middle(window, `[data-testid="add-${role}"]`), gap);
    await window.browser.waitUntil(async () => (await stepNames(window)).length === before + count + 1, { timeout: SOON_MS, timeoutMsg: `no ${role} step was dropped` });
    await window.click("zoom-fit");
  }
  const roles = ({ steps }) => steps.map(({ model_type }) => model_type);
  assert.deepEqual(roles(await documentOf(window)).slice(before), ["CodeLlama", "CodeGemma"], "the steps stand in the order of their places");
  const [plan, write] = [before, before + 1];
  const names = await stepNames(window);
  await fill(plan, PLAN, 24);
  await fill(write, WRITE, 192);
  await window.type(window.get("pipeline-name"), "Built by hand");
  await window.click("zoom-fit");

  // A new step reads all before it. Its line is cut, and drawn again by hand.
  const [source, target] = await window.browser.execute((...css) => css.map((one) => document.querySelector(one).dataset.id), nodeOf(plan), nodeOf(write));
  await window.browser.pause(400);
  const node = await middle(window, nodeOf(plan));
  await drag(window, node, { x: node.x - 140, y: node.y });
  await window.browser.pause(400);
  // The middle of a bent line is the middle of its box.
  const line = await middle(window, `.react-flow__edge[data-id="${source}>${target}"] path`);
  // The button that removes the line is there once it is chosen; while nodes still settle, a click may miss it.
  await window.browser.waitUntil(
    async () => {
      await clickAt(line);
      return window.browser.$(".edge-label button").isDisplayed();
    },
    { timeout: SOON_MS, interval: 700, timeoutMsg: "the line is not chosen" },
  );
  await saveScreenshot(window, "made 3 line chosen");
  await press(window, "Delete");
  await untilDocument(window, readOf(names[write]), []);
  await drag(window, await middle(window, `${nodeOf(plan)} .port-out`), await middle(window, `${nodeOf(write)} .port-in`));
  await untilDocument(window, readOf(names[write]), [names[plan]]);
  await window.click(`step-${write}`);
  await saveScreenshot(window, "made 4 built by hand");
  await window.click("assembler-card");
  await window.get("assembler-inspector").waitForDisplayed();

  const run = await runUntilFiles(() => window.click("run-button"), () => window.click("again-button"));
  const [artifact] = run.final_artifacts;
  await window.click("step-final");
  await window.get(`artifact-${artifact.name}`).waitForDisplayed({ timeout: SOON_MS });
  await saveScreenshot(window, "made 5 files");

  await window.click("file-menu");
  await window.click("file-menu-edit");
  const text = "<h1>Edited by hand</h1>";
  await window.type(window.browser.$('[data-testid="file-editor"] .cm-content'), text);
  await saveScreenshot(window, "made 6 file edited");
  await window.click("file-save");
  await window.get("files-edited").waitForDisplayed({ timeout: SOON_MS });
  await window.click("file-rename");
  await nameFile(window, "pages/badge.html");

  await window.click("export-button");
  await window.click("export-choose");
  await window.get("plan-pages/badge.html").waitForDisplayed({ timeout: SOON_MS });
  await writeExport(window);
  assert.equal(readFileSync(join(home.exportDir, "pages", "badge.html"), "utf8").trimEnd(), text);
  await saveScreenshot(window, "made 7 exported");
  await undoExport(window);
  assert.deepEqual(readdirSync(home.exportDir), []);
  await saveScreenshot(window, "made 8 export undone");
  await window.click("export-close");
});

async function clickAt(point) {
  await window.browser.performActions([
    {
      type: "pointer",
      id: "hand",
      parameters: { pointerType: "mouse" },
      actions: [
        { type: "pointerMove", x: point.x + 3, y: point.y, duration: 0, origin: "viewport" },
        { type: "pointerMove", ...point, duration: 50, origin: "viewport" },
        { type: "pointerDown", button: 0 },
        { type: "pointerUp", button: 0 },
      ],
    },
  ]);
  await window.browser.releaseActions();
}

/** Starts a run, and again until one has made files; answers it. */
async function runUntilFiles(start, again) {
  for (let count = 0; ; count += 1) {
    assert.ok(count < TRIES, `${TRIES} runs made no file`);
    await (count === 0 ? start() : again());
    await window.browser.waitUntil(async () => /^#\/runs\/./.test(await window.route()), { timeout: SOON_MS });
    await window.browser.waitUntil(async () => ["RUNNING", "SUCCESS"].includes(await window.get("run-status").getAttribute("data-status").catch(() => "")), { timeout: MINUTE });
    await window.waitForStatus("SUCCESS", 4 * MINUTE);
    const run = home.run(await window.runId());
    assert.equal(run.simulated, false);
    if (run.final_artifacts.length > 0) return run;
  }
}

test("from a blank page to exported files with the keys alone", { timeout: 12 * MINUTE }, async () => {
  await window.browser.refresh();
  await window.browser.$(".window").waitForExist({ timeout: MINUTE });
  await command(window, "Go to Design");
  await window.browser.$('main[data-screen="design"]:not([aria-busy])').waitForExist({ timeout: SOON_MS });
  await tabTo(window, '[data-testid="open-gallery"]');
  await press(window, "Enter");
  await window.get("template-blank").waitForDisplayed({ timeout: SOON_MS });
  await tabTo(window, '[data-testid="template-blank"]');
  await press(window, "Enter");
  await window.get("canvas").waitForDisplayed({ timeout: SOON_MS });
  const before = (await stepNames(window)).length;
  await command(window, "Add a CodeGemma step");
  await window.browser.waitUntil(async () => (await stepNames(window)).length === before + 1, { timeout: SOON_MS });
  await press(window, "Control", "i");
  await window.browser.waitUntil(() => hasFocus(window, '[data-testid="step-inspector"]'), { timeout: SOON_MS, timeoutMsg: "the form does not take the focus" });
  await tabTo(window, '[data-testid="prompt-editor"] .cm-content');
  await window.enter(WRITE);
  await tabTo(window, '[data-testid="max-tokens"]');
  await press(window, "Control", "a");
  await window.enter("192");
  await press(window, "Tab");
  const written = ({ steps }) => steps.map(({ prompt, parameters }) => [prompt, parameters?.max_tokens]).at(-1);
  await untilDocument(window, written, [WRITE, 192]);
  await saveScreenshot(window, "made 9 by the keys alone");

  const run = await runUntilFiles(() => press(window, "Control", "Enter"), () => command(window, "Run again"));
  const [artifact] = run.final_artifacts;
  await window.browser.waitUntil(async () => (await window.get(`artifact-${artifact.name}`).isExisting()), { timeout: SOON_MS });
  await press(window, "e");
  await window.get("export-folder").waitForDisplayed({ timeout: SOON_MS });
  await tabTo(window, '[data-testid="export-folder"]');
  await press(window, "Control", "a");
  await window.enter(join(home.exportDir, "by-keys"));
  await window.get(`plan-${artifact.name}`).waitForDisplayed({ timeout: SOON_MS });
  await window.browser.$('[data-testid="export-write"]:not([disabled])').waitForExist({ timeout: SOON_MS });
  await tabTo(window, '[data-testid="export-write"]');
  await saveScreenshot(window, "made 10 export by the keys alone");
  await press(window, "Enter");
  await window.get("export-done").waitForDisplayed({ timeout: SOON_MS });
  assert.equal(readFileSync(join(home.exportDir, "by-keys", artifact.name), "utf8"), artifact.content);
  await tabTo(window, '[data-testid="export-close"]');
  await press(window, "Enter");
  await window.get("export-done").waitForExist({ reverse: true, timeout: SOON_MS });
});

/** In the page: notes where every control stands while the second step writes, and which of them moved. */
function watchBoxes() {
  const controls = ".rail a, .rail button, .top-bar, .top-bar button, .timeline button, .pane-head, .pane-head button, .pane-sub, .step-progress, .step-progress dt";
  const seen = new Map();
  window.__boxes = { moved: new Set(), looks: 0, controls: 0 };
  const name = (element) => `${element.className || element.tagName} ${element.dataset.testid ?? element.getAttribute("aria-label") ?? ""}`.trim();
  window.setInterval(() => {
    const output = document.querySelector('pre[data-testid="step-output"], .output-scroll')?.textContent ?? "";
    const writes = document.querySelector('[data-testid="step-1"][data-status="RUNNING"]') && document.querySelector('[data-testid="step-progress"] [data-phase="writing"]');
    if (!writes || output === "") return;
    window.__boxes.looks += 1;
    const found = [...document.querySelectorAll(controls)];
    window.__boxes.controls = found.length;
    for (const [at, element] of found.entries()) {
      const { x, y, width, height } = element.getBoundingClientRect();
      const now = [x, y, width, height].map((value) => Math.round(value)).join(" ");
      const key = `${at} ${name(element)}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, now);
      else if (first !== now) window.__boxes.moved.add(`${key}: ${first} -> ${now}`);
    }
  }, 40);
}

test("nothing that can be clicked moves while an answer streams in", { timeout: 6 * MINUTE }, async () => {
  const quick = { step_name: "warm_up", model_type: "CodeLlama", prompt: "Say one word", parameters: { max_tokens: 4, temperature: 0 } };
  const count = {
    step_name: "count",
    model_type: "CodeLlama",
    prompt: "Count from one to a thousand in words, one number a line",
    inputs: [],
    parameters: { max_tokens: 320, temperature: 0 },
  };
  await openFile(window, home, { name: "Still", steps: [quick, count], assembler: { parameters: { max_tokens: 8 } } });
  await window.browser.execute(watchBoxes);
  await window.click("run-button");
  await window.get("run-status").waitForDisplayed({ timeout: SOON_MS });
  await window.waitForRunning(1, { timeout: 2 * MINUTE });
  await window.waitForStatus("SUCCESS", 4 * MINUTE);
  const { moved, looks, controls } = await window.browser.execute(() => ({ ...window.__boxes, moved: [...window.__boxes.moved] }));
  assert.ok(looks >= 20 && controls >= 12, `${looks} looks at ${controls} controls`);
  assert.deepEqual(moved, []);
});
