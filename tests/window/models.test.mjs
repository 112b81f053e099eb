// Which model plays which role, in the real window: what fits, files that are verified and used in place, and a server instead of a file.
import assert from "node:assert/strict";
import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { chooseOption, SOON_MS, segment } from "./designed.mjs";
import { home, shareWindow, window } from "./fixture.mjs";
import { modelsDir } from "./places.mjs";
import { saveScreenshot } from "./screenshots.mjs";
import { serve } from "./server.mjs";
import { machine } from "./window.mjs";

const MINUTE = 60_000;
const DEFAULT = "SmolLM2-135M-Instruct.Q4_1";

/** Another Brickwork, which serves its roles to this one. */
let peer;
let server;

shareWindow({
  prepare() {
    home.ownModels();
    copyModel(join(home.env.BRICKWORK_MODELS_DIR, `${DEFAULT}.gguf`));
    peer = machine();
    peer.bindScripted();
  },
  async closed() {
    await server?.close();
    peer?.remove();
  },
});

function copyModel(path) {
  copyFileSync(join(modelsDir(), `${DEFAULT}.gguf`), path, constants.COPYFILE_FICLONE);
}

const roles = () => JSON.parse(home.cli("models", "list", "--json")).models;
const bindingOf = (name) => roles().find((role) => role.name === name).binding;

test("each role shows what serves it and what that takes of the memory", { timeout: 2 * MINUTE }, async () => {
  await window.goTo("models");
  const fit = window.get("fit-CodeGemma");
  await fit.waitForDisplayed({ timeout: SOON_MS });
  assert.match(await window.text(fit), /free/);
  assert.match(await window.text(window.get("role-CodeGemma")), /stand-in/);
  await saveScreenshot(window, "models 1 roles");
  await chooseOption(window, "bind-CodeGemma", "SmolLM2");
  await window.browser.waitUntil(() => bindingOf("CodeGemma").stand_in === false, { timeout: SOON_MS });
});

test("a file is verified, looked into, used in place, and a change of it is found", { timeout: 3 * MINUTE }, async () => {
  await segment(window, ".models-bar", "files");
  const elsewhere = join(home.root, "elsewhere");
  mkdirSync(elsewhere);
  const file = join(elsewhere, "small-coder.gguf");
  copyModel(file);
  await window.click("import-open");
  await window.type(window.get("import-path"), file);
  await saveScreenshot(window, "models 2 import");
  await window.click("import-do");
  await window.browser.$('[data-testid="file-row"][data-id="small-coder"]').waitForDisplayed({ timeout: SOON_MS });
  assert.deepEqual(readdirSync(home.env.BRICKWORK_MODELS_DIR).filter((name) => name.endsWith(".gguf")), [`${DEFAULT}.gguf`], "there is no second copy");
  await window.clickOn('[data-id="small-coder"] th button');
  await window.get("model-detail").waitForDisplayed({ timeout: SOON_MS });
  assert.match(await window.text(window.get("model-detail")), /llama/);
  await saveScreenshot(window, "models 3 details");
  await window.click("detail-verify");
  await window.browser.waitUntil(async () => (JSON.parse(home.cli("models", "usage", "--json")).models ?? []).find(({ id }) => id === "small-coder")?.checked === "verified", { timeout: SOON_MS });
  await window.browser.keys("Escape");

  writeFileSync(file, "no model any more");
  await window.goTo("runs");
  await window.goTo("models");
  await window.browser.$('[data-id="small-coder"] .file-problem').waitForDisplayed({ timeout: SOON_MS });
  await saveScreenshot(window, "models 4 changed file");
  assert.ok(existsSync(file));
});

test("a server plays a role, and whatever is sent there is marked", { timeout: 3 * MINUTE }, async () => {
  server = await serve(peer);
  const address = server.url.replace(/\/$/, "");
  await segment(window, ".models-bar", "roles");
  await chooseOption(window, "bind-CodeGemma", "server");
  await window.get("connect-dialog").waitForDisplayed({ timeout: SOON_MS });
  await window.type(window.get("connect-address"), `${address}/v1`);
  await window.click("connect-check");
  await window.get("connect-answered").waitForDisplayed({ timeout: SOON_MS });
  await chooseOption(window, "connect-model", "CodeGemma");
  await saveScreenshot(window, "models 5 server");
  await window.click("connect-use");
  await window.get("connect-dialog").waitForExist({ reverse: true, timeout: SOON_MS });
  const { remote } = bindingOf("CodeGemma");
  assert.deepEqual([remote.base_url, remote.model], [`${address}/v1`, "CodeGemma"]);
  await saveScreenshot(window, "models 6 role on a server");

  const pipeline = { name: "Elsewhere", steps: [{ step_name: "write", model_type: "CodeGemma", prompt: "Write a form", parameters: { max_tokens: 200 } }] };
  const run = home.runPipeline(pipeline);
  assert.deepEqual([run.steps[0].remote, run.steps[0].remote_host, run.assembler.remote], [true, new URL(address).host, false]);
  await window.goTo("runs");
  await window.click(`run-row-${run.run_id}`);
  await window.get("run-status").waitForDisplayed({ timeout: SOON_MS });
  await window.click("step-0");
  const mark = window.get("sent-to");
  await mark.waitForDisplayed({ timeout: SOON_MS });
  // The server is on this machine, so the text stays here and nothing warns that it does not.
  assert.match(await window.text(mark), /server on this machine/);
  assert.ok(!(await window.get("run-sent-out").isExisting()));
  await saveScreenshot(window, "models 7 run with a server");
});

test("the catalog tells what there is for this machine, and nothing is asked of a network for it", { timeout: 2 * MINUTE }, async () => {
  await window.goTo("models");
  await segment(window, ".models-bar", "get");
  await window.browser.$('[data-testid^="catalog-group-"]').waitForDisplayed({ timeout: SOON_MS });
  const all = await window.browser.$$('li[data-testid^="catalog-"]').length;
  assert.ok(all >= 10, `${all} models are shown`);
  await window.type(window.get("catalog-search"), "qwen");
  await window.browser.waitUntil(async () => (await window.browser.$$('li[data-testid^="catalog-"]').length) < all, { timeout: SOON_MS });
  await saveScreenshot(window, "models 8 catalog");
});
