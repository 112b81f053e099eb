// Very long things: names as long as they may be, a pipeline of very many steps, and an output of a megabyte. Nothing is cut off where it
// cannot be read otherwise, nothing sticks out, and the window goes on answering.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fillIn, openFile, SOON_MS } from "./designed.mjs";
import { home, shareWindow, window } from "./fixture.mjs";
import { faultsOf } from "./looks.mjs";
import { saveScreenshot } from "./screenshots.mjs";
import { go } from "./tour.mjs";

const MINUTE = 60_000;

/** As long as a pipeline's name and as long as a step's may be, without a place to break a line. */
const NAME = "W".repeat(200);
const stepName = (position) => `${position}-`.padEnd(64, "step_");

/** How soon the window must answer to a click, however much it shows. */
const ANSWER_MS = 2_000;

shareWindow({ prepare: () => home.bindScripted() });

async function look(name) {
  await saveScreenshot(window, `long ${name}`);
  assert.deepEqual(await faultsOf(window), [], name);
}

test("the longest names find their place on every screen", { timeout: 6 * MINUTE }, async () => {
  const steps = [0, 1].map((position) => ({ step_name: stepName(position), model_type: "CodeGemma", prompt: `Write ${"x".repeat(300)}`, parameters: { max_tokens: 200 } }));
  const pipeline = { name: NAME, steps };
  await window.click("project-switcher");
  await window.click("project-new");
  await fillIn(window, "project-name", NAME);
  await window.get("project-name").waitForExist({ reverse: true, timeout: SOON_MS });
  await openFile(window, home, pipeline);
  await look("design");
  await window.click("step-0");
  await window.get("step-inspector").waitForDisplayed();
  await look("inspector");
  await window.click("run-button");
  await window.waitForStatus("SUCCESS", 2 * MINUTE);
  await look("run");
  await window.click("step-0");
  await window.get("step-output").waitForDisplayed();
  await look("step");
  await window.goTo("runs");
  await window.get(`run-row-${home.run().run_id}`).waitForDisplayed();
  await look("runs");
});

test("a pipeline of 200 steps opens and runs to its end", { timeout: 8 * MINUTE }, async () => {
  const steps = Array.from({ length: 200 }, (_, position) => ({ step_name: `s${position}`, model_type: "CodeGemma", prompt: `Write part ${position}`, inputs: position > 0 ? [`s${position - 1}`] : [], parameters: { max_tokens: 40 } }));
  const pipeline = { name: "Two hundred", steps, assembler: { mode: "deterministic" } };
  await openFile(window, home, pipeline);
  await look("200 steps");
  const { run_id: id } = home.runPipeline(pipeline);
  await go(window, `/runs/${id}`, "run-status");
  assert.equal(await window.text(window.get("run-status")), "Done");
  await look("200 steps run");
});

test("an output of a megabyte is shown whole, and the window goes on answering", { timeout: 6 * MINUTE }, async () => {
  // The placeholder quotes the first twelve lines of its prompt.
  const text = Array.from({ length: 12 }, (_, number) => `value${number}=compute(first,second,third,fourth,fifth); `.repeat(2_200)).join("\n");
  const { run_id: id, steps } = home.runPipeline({ name: "A megabyte", steps: [{ step_name: "much", model_type: "CodeGemma", prompt: text, parameters: { max_tokens: 131_072 } }], assembler: { mode: "deterministic" } });
  assert.ok(steps[0].result.length > 1_000_000, `the placeholder quotes ${steps[0].result.length} characters`);
  await go(window, `/runs/${id}`, "run-status");
  await window.click("step-0");
  await window.get("step-output").waitForDisplayed({ timeout: SOON_MS });
  await look("a megabyte");
  const started = Date.now();
  await window.click("step-final");
  await window.get("step-output").waitForExist({ reverse: true, timeout: ANSWER_MS });
  console.log(`left the long output after ${Date.now() - started} ms`);
});
