// What a screen looks like in passing: a step that runs or waits, dialogs over the files, an export that is done, faults of a file. Each
// is held to the same checks as the screens of the tour, in both themes and languages. The scripted placeholder serves every role.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { closeDialog, documentOf, fillIn, openFile, press, SOON_MS, untilDocument } from "./designed.mjs";
import { home, shareWindow, window } from "./fixture.mjs";
import { chooseLook, LOOKS, looker } from "./passing.mjs";
import { nameFile, undoExport, writeExport } from "./results.mjs";

const MINUTE = 60_000;

shareWindow({ variables: { BRICKWORK_SCRIPTED_PACE_MS: "40" }, prepare: () => home.bindScripted() });

const step = (step_name, more = {}) => ({ step_name, model_type: "CodeGemma", prompt: `Write ${step_name} with {{ nothing }}`, parameters: { max_tokens: 200 }, ...more });

for (const [theme, language] of LOOKS) {
  test(`what is seen in passing, ${language} and ${theme}`, { timeout: 8 * MINUTE }, async () => {
    const { look, wrong } = looker(window, `states ${language} ${theme}`);
    await chooseLook(window, theme, language);
    await openFile(window, home, { name: `States ${language}`, steps: [step("one", { pause_after: true }), step("two", { gate: { json_schema: { type: "object" } } })] });
    await run(look, language);
    await files(look);
    await zipped(look, language);
    await exported(look);
    await dialogs(look);
    await failed(look);
    assert.deepEqual(wrong, []);
  });
}

/** A step that runs, waits to be approved, and is edited. */
async function run(look, language) {
  await window.click("run-button");
  await window.waitForRunning(0, { timeout: MINUTE });
  await window.browser.$('pre[data-testid="step-output"]').waitForExist({ timeout: SOON_MS });
  await look("running");
  await window.get("approve-panel").waitForDisplayed({ timeout: MINUTE });
  // The warning of the prompt is told in the window's language.
  assert.match(await window.text(window.get("step-warning")), language === "es" ? /^El contexto no tiene/ : /^The context knows no value/);
  await look("waits for approval");
  await window.click("approve-edit");
  await window.get("output-editor").waitForDisplayed();
  await look("output editor");
  await window.click("output-discard");
  await window.click("approve");
  await window.waitForStatus("SUCCESS", 2 * MINUTE);
  // The placeholder writes no JSON, so the gate was not passed, and both answers are there.
  await window.click("step-1");
  await window.click("gate-attempts");
  await window.browser.$("ol.attempts").waitForDisplayed();
  await look("gate attempts");
}

/** The forms over a file, and the file cut into two. */
async function files(look) {
  await window.click("step-final");
  await window.browser.$('[data-testid="highlighted-code"][data-highlighted="true"]').waitForExist({ timeout: SOON_MS });
  await window.click("file-rename");
  await window.get("file-name-input").waitForDisplayed();
  await look("file rename");
  await nameFile(window, "docs/page.html");
  for (const [task, shows] of [
    ["retype", "file-type-input"],
    ["add", "file-form-send"],
  ]) {
    await window.click("file-menu");
    await window.click(`file-menu-${task}`);
    await window.get(shows).waitForDisplayed();
    await look(`file ${task}`);
    await closeDialog(window, shows);
  }
  await window.clickOn('.file-views input[value="preview"] + *, .file-views .segment:has(input[value="preview"])');
  await window.get("preview-frame").waitForDisplayed({ timeout: SOON_MS });
  await look("file preview");
  await window.click("file-menu");
  await window.click("file-menu-split");
  await window.get("split-view").waitForDisplayed();
  await look("file split");
  await press(window, "Escape");
}

/** The zip of the run's files, where the dialog says: first a folder stands in its way. */
async function zipped(look, language) {
  const { run_id: id, final_artifacts: files } = home.run();
  const path = join(home.exportDir, `brickwork-${id}.zip`);
  mkdirSync(path);
  await window.click("export-button");
  await window.click("export-zip");
  const alert = window.browser.$('.sheet [role="alert"]');
  await alert.waitForDisplayed({ timeout: SOON_MS });
  const fault = await window.text(alert);
  assert.ok(fault.includes(path), fault);
  assert.match(fault, language === "es" ? /Elige otro lugar\./ : /Choose another place\./);
  await look("zip in the way of a folder");
  rmdirSync(path);
  await window.click("export-zip");
  await window.get("export-zip-saved").waitForDisplayed({ timeout: SOON_MS });
  assert.ok((await window.text(window.get("export-zip-saved"))).includes(path));
  await look("zip saved");
  assert.deepEqual(Object.keys(unzipped(path)).sort(), [...files.map(({ name }) => name), "brickwork.json"].sort());
  for (const { name, content } of files) assert.equal(unzipped(path)[name], content);
  rmSync(path);
  await closeDialog(window, "export-zip");
}

/** The files of a zip by name. */
function unzipped(path) {
  const read = "import json, sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(json.dumps({name: z.read(name).decode() for name in z.namelist()}))";
  return JSON.parse(execFileSync("python3", ["-c", read, path], { encoding: "utf8" }));
}

async function exported(look) {
  await window.click("export-button");
  await window.click("export-choose");
  await writeExport(window);
  await look("export done");
  await undoExport(window);
  await look("export undone");
  await window.click("export-close");
  await window.get("export-undone").waitForExist({ reverse: true });
}

async function dialogs(look) {
  await window.goTo("design");
  const { name } = await documentOf(window);
  writeFileSync(home.importFile, '{"name": "Broken", "steps": [{"step_name": "one", "model_type": "Nobody", "prompt": 3}]}');
  await press(window, "Control", "o");
  await window.get("import-faults").waitForDisplayed({ timeout: SOON_MS });
  await look("import faults");
  await window.clickOn("[data-sonner-toast].import-faults [data-close-button]");
  await window.get("import-faults").waitForExist({ reverse: true, timeout: SOON_MS });
  await untilDocument(window, (it) => it.name, name);

  await window.click("project-switcher");
  await window.click("project-new");
  await window.get("project-name").waitForDisplayed();
  await look("project sheet");
  await closeDialog(window, "project-name");

  await window.goTo("models");
  await window.click("bind-CodeGemma");
  await window.clickOn('//*[@role="option" and (contains(., "server…") or contains(., "servidor…"))]');
  await window.get("connect-dialog").waitForDisplayed({ timeout: SOON_MS });
  await window.type(window.get("connect-address"), "http://127.0.0.1:9/v1");
  await window.click("connect-check");
  await window.get("connect-trouble").waitForDisplayed({ timeout: SOON_MS });
  await look("server that does not answer");
  await closeDialog(window, "connect-dialog");

  const { run_id: id } = home.run();
  await window.goTo("runs");
  await window.click(`select-${id}`);
  await window.get("runs-selected").waitForDisplayed();
  await look("runs selected");
  await window.click("runs-clear-selection");

  await window.goTo("settings");
  // There is something to prune by as soon as a limit is set.
  await window.get("keep-size").waitForExist({ timeout: SOON_MS });
  await fillIn(window, "keep-size", 4096);
  await window.click("prune-button");
  await window.get("prune-preview").waitForDisplayed({ timeout: SOON_MS });
  await look("prune");
  await closeDialog(window, "prune-preview");
}

/** A run whose step failed. */
async function failed(look) {
  home.cli("models", "bind", "CodeGemma", "default");
  const pipeline = { name: "Fails", steps: [step("fails", { parameters: { max_tokens: 131_072 } })] };
  assert.throws(() => home.runPipeline(pipeline), ({ status }) => status === 4);
  home.cli("models", "bind", "CodeGemma", "scripted");
  await window.goTo("runs");
  await window.click(`run-row-${home.run().run_id}`);
  await window.get("failure-card").waitForDisplayed({ timeout: SOON_MS });
  await look("failed run");
}
