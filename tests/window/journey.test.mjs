// From the first start to exported files, on the real default model, in the real window; then closed, killed and found again.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { home, openWindow, reopenWindow, shareWindow, window } from "./fixture.mjs";
import { childrenOf, waitUntilGone } from "./processes.mjs";
import { writeExport } from "./results.mjs";
import { saveScreenshot } from "./screenshots.mjs";

const MINUTE = 60_000;
/** The default model is small and does not write code every time, so a few tries are allowed. */
const TRIES = 4;

let runId;

// The first start is a part of the first test.
shareWindow({ open: () => undefined });

/** Sets a step's most tokens, so that a run takes seconds. */
async function setTokens(position, tokens) {
  await window.click(`step-${position}`);
  await window.type(window.get("max-tokens"), String(tokens));
}

/** From the gallery: chooses the React template and fills it in as a person would. */
async function design() {
  await window.goTo("design");
  await window.get("template-react-component").waitForDisplayed();
  await window.click("template-react-component");
  await window.click("context-card");
  await window.type(window.get("context-styling"), "plain CSS");
  await setTokens(0, 48);
  await setTokens(1, 320);
  await window.type(
    window.browser.$('[data-testid="step-inspector"] .cm-content'),
    "Write a React component called Badge with {{ styling }} in one fenced jsx code block",
  );
  // The picture follows what is typed.
  for (const [card, typed] of [["context-card", "plain CSS"], ["step-1", "called Badge"]]) {
    await window.browser.waitUntil(async () => (await window.text(window.get(card))).includes(typed), { timeoutMsg: `the node does not show "${typed}"` });
  }
  await setTokens(2, 160);
}

test("a template becomes an exported file", { timeout: 20 * MINUTE }, async () => {
  await openWindow();
  // A machine without runs starts with one sentence and one button.
  await window.get("run-example").waitForDisplayed();
  await window.browser.waitUntil(async () => (await window.route()) === "#/start");
  // The state of the models comes after the page.
  await window.browser.waitUntil(async () => /SmolLM2/.test(await window.text(window.browser.$("main"))), {
    timeoutMsg: "the default model's state is not shown",
  });
  await saveScreenshot(window, "journey 1 first start");

  let run;
  for (let count = 0; !run?.final_artifacts.length; count += 1) {
    assert.ok(count < TRIES, `${TRIES} runs made no file`);
    if (count > 0) {
      await window.goTo("design");
      await window.click("open-gallery");
    }
    await design();
    await saveScreenshot(window, "journey 2 design");
    await runAndWatch();
    run = home.run();
  }
  runId = run.run_id;
  assert.equal(run.status, "SUCCESS");
  assert.equal(run.simulated, false);
  assert.equal(run.pipeline.global_context.styling, "plain CSS");
  assert.deepEqual(
    run.pipeline.steps.map((step) => step.parameters.max_tokens),
    [48, 320, 160],
  );
  assert.match(run.steps[1].prompt, /called Badge with plain CSS in one fenced/);
  assert.equal(run.steps[0].model.stand_in, true);

  const [artifact] = run.final_artifacts;
  await window.click("step-final");
  await window.click(`artifact-${artifact.name}`);
  await window.browser.$('[data-testid="highlighted-code"][data-highlighted="true"]').waitForExist();
  assert.equal((await window.codeLines()).join("\n"), artifact.content.replace(/\n$/, ""));
  const styled = await window.browser.execute(() => document.querySelectorAll('[data-testid="highlighted-code"] [class^="hl-"]').length);
  assert.ok(styled > 0, "the code has no colours");
  await saveScreenshot(window, "journey 4 result");
  await exportFiles(run);
});

/** Presses Run and follows the steps to the end. */
async function runAndWatch() {
  await window.click("run-button");
  await window.get("run-status").waitForDisplayed();
  await window.waitForRunning(0, { timeout: MINUTE });
  // The second step's text grows while it runs.
  await window.waitForRunning(1, { timeout: 2 * MINUTE });
  await window.waitForStream(2 * MINUTE);
  await saveScreenshot(window, "journey 3 running");
  await window.waitForStatus("SUCCESS", 6 * MINUTE);
  assert.equal(await window.browser.$$('[data-testid^="step-"][data-status="SUCCESS"]').length, 4);
}

async function exportFiles(run) {
  await window.click("export-button");
  await window.click("export-choose");
  const [artifact] = run.final_artifacts;
  await window.get(`plan-${artifact.name}`).waitForDisplayed();
  assert.equal(await window.get("export-folder").getValue(), home.exportDir);
  await saveScreenshot(window, "journey 5 export");
  await writeExport(window);
  await saveScreenshot(window, "journey 6 exported");
  assert.equal(readFileSync(join(home.exportDir, artifact.name), "utf8"), artifact.content);
  const manifest = JSON.parse(readFileSync(join(home.exportDir, "brickwork.json"), "utf8"));
  assert.equal(manifest.run_id, run.run_id);
  await window.click("export-close");
  await window.get("export-done").waitForExist({ reverse: true });
}

test("after a restart the run is listed and opens with its output", { timeout: 3 * MINUTE }, async () => {
  assert.ok(runId, "the journey before this one made no run");
  await reopenWindow();
  // With runs there is no first start any more, and the design is as it was left.
  await window.get("pipeline-name").waitForDisplayed();
  assert.equal(await window.get("pipeline-name").getValue(), "React Component Pipeline");
  await window.goTo("runs");
  await window.click(`run-row-${runId}`);
  const run = home.run(runId);
  assert.equal(await window.get("run-status").getAttribute("data-status"), "SUCCESS");
  const [artifact] = run.final_artifacts;
  await window.get(`artifact-${artifact.name}`).waitForDisplayed();
  await window.click("step-1");
  await window.browser.$('pre[data-testid="step-output"]').waitForDisplayed();
  assert.equal(await window.text(window.get("step-output")), run.steps[1].result);
  await saveScreenshot(window, "journey 7 reopened");
});

test("a running run can be cancelled", { timeout: 5 * MINUTE }, async () => {
  await startLongRun();
  const asked = Date.now();
  await window.click("cancel-button");
  await window.waitForStatus("CANCELLED", 10_000);
  assert.ok(Date.now() - asked < 6_000, `cancelling took ${Date.now() - asked} ms`);
  const run = home.run();
  assert.equal(run.status, "CANCELLED");
  // A small model may end its answer in the very moment of the click; whatever was at work then is the last that ran.
  const cut = run.steps.findIndex(({ status }) => status !== "SUCCESS");
  assert.ok(["CANCELLED", "PENDING"].includes(run.steps[cut]?.status), JSON.stringify(run.steps.map(({ status }) => status)));
  assert.ok(run.steps.slice(cut + 1).every(({ status }) => status === "PENDING"));
  assert.notEqual(run.steps[0].result, "", "what was written until then is kept");
  await window.click("step-0");
  assert.equal(await window.text(window.get("step-output")), run.steps[0].result);
  assert.equal(await window.get("cancel-button").isExisting(), false);
  await saveScreenshot(window, "journey 8 cancelled");
});

test("a run that was killed half-way is found again and can be resumed", { timeout: 5 * MINUTE }, async () => {
  assert.ok(runId, "the first journey made no run");
  await startLongRun();
  const killed = await window.runId();
  const workers = childrenOf(window.appId).filter(({ name }) => name.startsWith("brickwork-work"));
  // One computes; a second one, which counts tokens for the design, may not have gone to rest yet.
  assert.ok([1, 2].includes(workers.length), `${workers.length} workers run`);
  await window.kill();
  for (const { id } of workers) assert.ok(await waitUntilGone(id, 2_000), "a worker outlives the window");

  await openWindow();
  await window.goTo("runs");
  await window.click(`run-row-${killed}`);
  await window.waitForState("INTERRUPTED", 10_000);
  assert.match(await window.text(window.get("run-interrupted")), /program that carried out this run ended/);
  assert.equal(home.run(killed).interrupted, true);
  await saveScreenshot(window, "journey 9 interrupted");
  await window.click("resume-button");
  // The step that was cut off is written anew.
  await writesText();
  assert.equal(home.run(killed).interrupted, false);
  await window.click("cancel-button");
  await window.waitForStatus("CANCELLED", 10_000);
  // The runs before it are what they were.
  await window.goTo("runs");
  await window.get(`run-row-${runId}`).waitForDisplayed();
  assert.equal(home.run(runId).status, "SUCCESS");
});

test("a run goes on by itself after the window was closed and opened again", { timeout: 5 * MINUTE }, async () => {
  await startLongRun();
  const parked = await window.runId();
  await reopenWindow();
  await window.goTo("runs");
  await window.click(`run-row-${parked}`);
  await writesText();
  const { interrupted, status } = home.run(parked);
  assert.deepEqual({ interrupted, status }, { interrupted: false, status: "RUNNING" });
  await saveScreenshot(window, "journey 10 went on");
  await window.click("cancel-button");
  await window.waitForStatus("CANCELLED", 10_000);
});

/** Starts a run whose first step takes long, and waits until it writes. */
async function startLongRun() {
  await window.goTo("design");
  await window.get("open-gallery").waitForDisplayed();
  await setTokens(0, 4000);
  // At temperature 0 the default model counts on and on; with a random draw its answer may be a line.
  await window.click("temperature");
  await window.browser.keys(["Home"]);
  await window.browser.waitUntil(async () => (await window.get("temperature").getValue()) === "0", {
    timeoutMsg: "the temperature is not 0",
  });
  await window.type(window.browser.$('[data-testid="step-inspector"] .cm-content'), "Count from one to a thousand in words, one number a line");
  await window.click("run-button");
  await writesText();
}

/** Waits until the first step of the run on screen runs and has written something. */
async function writesText() {
  await window.waitForRunning(0, { timeout: MINUTE });
  await window.browser.waitUntil(
    async () => (await window.browser.$('pre[data-testid="step-output"]').isExisting()) && (await window.text(window.get("step-output"))).length > 20,
    { timeout: MINUTE, timeoutMsg: "the first step wrote nothing" },
  );
}
