// What a person seldom sees: files that are merged, a draft that another editor has overtaken, a queue with runs that wait and are held, a
// machine without its default model. Each is held to the same checks as the screens of the tour, in both themes and languages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { documentOf, openFile, SOON_MS, untilDocument, untilSaved } from "./designed.mjs";
import { closeWindow, home, openWindow, shareWindow, window } from "./fixture.mjs";
import { chooseLook, LOOKS, looker } from "./passing.mjs";
import { nameFile } from "./results.mjs";
import { go } from "./tour.mjs";
import { machine } from "./window.mjs";

const MINUTE = 60_000;
/** So many steps take longer than all looks at a queue. */
const MANY_STEPS = 60;

shareWindow({ variables: { BRICKWORK_SCRIPTED_PACE_MS: "40" }, prepare: () => home.bindScripted() });

const step = (step_name) => ({ step_name, model_type: "CodeGemma", prompt: `Write ${step_name}`, parameters: { max_tokens: 200 } });

for (const [theme, language] of LOOKS) {
  test(`what is seldom seen, ${language} and ${theme}`, { timeout: 8 * MINUTE }, async () => {
    const { look, wrong } = looker(window, `seldom ${language} ${theme}`);
    await chooseLook(window, theme, language);
    await merged(look, language);
    await overtaken(look, language);
    await queued(look, language);
    assert.deepEqual(wrong, []);
  });
}

/** Two files that become one, and the refusal of a name. */
async function merged(look, language) {
  await openFile(window, home, { name: `Merged ${language}`, steps: [step("form")] });
  await window.click("run-button");
  await window.get("run-status").waitForDisplayed({ timeout: SOON_MS });
  await window.waitForStatus("SUCCESS", 2 * MINUTE);
  await window.click("step-final");
  await window.click("file-menu");
  await window.click("file-menu-add");
  await nameFile(window, "notes/second.md");
  await window.click("file-menu");
  // A menu floats above the page, outside of its landmarks; what it holds is looked at with its dialogs.
  await window.click("file-menu-merge");
  const [first] = home.run().final_artifacts;
  await window.click(`merge-${first.name}`);
  await look("merge");
  await window.type(window.get("file-name-input"), "../outside.md");
  await window.click("file-form-send");
  await window.browser.$("#file-form-error").waitForDisplayed({ timeout: SOON_MS });
  await look("merge refused");
  await nameFile(window, "notes/both.md");
  assert.deepEqual(home.run().final_artifacts.map(({ name }) => name), ["notes/both.md"]);
  await look("merged");
}

/** Another program has saved what is edited here: both are shown, and the user chooses. */
async function overtaken(look, language) {
  const name = `Overtaken ${language}`;
  await openFile(window, home, { name, description: "As it was", steps: [step("one"), step("two")] });
  await untilSaved(window);
  const { pipelines } = JSON.parse(home.cli("pipelines", "list", "--json"));
  const { id } = pipelines.find((one) => one.name === name);
  home.cliWithInput(JSON.stringify({ name, description: "Theirs", steps: [step("one"), step("three")] }), "pipelines", "save", "-", "--id", id);
  // The window asks before it saves only when it has heard nothing of the pipeline for two seconds.
  await sleep(2_500);
  await window.click("step-1");
  await window.type(window.browser.$('[data-testid="prompt-editor"] .cm-content'), "Mine");
  await window.browser.$('[data-testid="saved-state"][data-state="conflict"]').waitForDisplayed({ timeout: SOON_MS });
  await look("overtaken");
  await window.click("saved-state");
  await window.get("conflict-dialog").waitForDisplayed({ timeout: SOON_MS });
  await window.get("document-changes").waitForDisplayed({ timeout: SOON_MS });
  await look("conflict");
  await window.click("conflict-theirs");
  await window.get("conflict-dialog").waitForExist({ reverse: true, timeout: SOON_MS });
  await untilDocument(window, ({ steps }) => steps.map((one) => one.step_name), ["one", "three"]);
  await untilSaved(window);
  await window.click("undo");
  await untilDocument(window, ({ steps }) => steps[1].prompt, "Mine");
  assert.equal((await documentOf(window)).description, "As it was", "what lost is one undo away");
}

/** One run that runs, two that wait, one that is held; the place of a run on its own screen. */
async function queued(look, language) {
  const steps = Array.from({ length: MANY_STEPS }, (_, at) => step(`step_${at}`));
  await openFile(window, home, { name: `Queued ${language}`, steps });
  const ids = [];
  for (let count = 0; count < 4; count += 1) {
    await window.goTo("design");
    await window.click("run-button");
    await window.get("run-status").waitForDisplayed({ timeout: SOON_MS });
    await window.browser.waitUntil(async () => !ids.includes(await window.runId()), { timeout: SOON_MS, timeoutMsg: "no run was made" });
    ids.push(await window.runId());
  }
  home.cli("runs", "pause", ids[3]);
  await window.waitForState("PAUSED", SOON_MS);
  await look("held run");
  await go(window, `/runs/${ids[2]}`, "queue-place");
  await window.get("queue-front").waitForDisplayed({ timeout: SOON_MS });
  await look("waiting run");
  await window.goTo("runs");
  await window.get(`queue-resume-${ids[3]}`).waitForDisplayed({ timeout: SOON_MS });
  await look("queue");
  await window.click(`queue-down-${ids[1]}`);
  await window.browser.waitUntil(() => JSON.parse(home.cli("runs", "queue", "--json")).waiting[0].run_id === ids[2], { timeout: SOON_MS, timeoutMsg: "the order stays" });
  await look("queue in another order");
  for (const id of ids.toReversed()) home.cli("runs", "cancel", id);
  await window.get(`queue-resume-${ids[3]}`).waitForExist({ reverse: true, timeout: SOON_MS });
}

test("a machine without its default model says so wherever it matters", { timeout: 6 * MINUTE }, async () => {
  const bare = machine();
  bare.ownModels();
  await closeWindow();
  await openWindow(bare);
  try {
    const faults = [];
    for (const [theme, language] of LOOKS) {
      const { look, wrong } = looker(window, `without a model ${language} ${theme}`);
      await chooseLook(window, theme, language);
      await go(window, "/start", "start-model-missing");
      await look("start");
      await openFile(window, bare, { name: `Bare ${language}`, steps: [step("one")] });
      await window.browser.$('[data-testid="problems-button"].problems-error, [data-testid="problems-button"].problems-warning').waitForDisplayed({ timeout: SOON_MS });
      await look("design");
      await window.goTo("models");
      await window.get("problem-Assembler").waitForDisplayed({ timeout: SOON_MS });
      await look("models");
      await go(window, "/settings", "data-folder");
      await window.click("doctor-again");
      await window.get("findings").waitForDisplayed({ timeout: MINUTE });
      await window.get("findings").scrollIntoView();
      await look("doctor");
      faults.push(...wrong);
    }
    assert.deepEqual(faults, []);
  } finally {
    await closeWindow();
    bare.remove();
  }
});
