// Models that come to this machine, in the real window: found on a hub, downloaded with a pause in the middle, and imported from a folder
// that holds other things as well.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { axeFaults } from "./axe.mjs";
import { SOON_MS, segment } from "./designed.mjs";
import { home, shareWindow, window } from "./fixture.mjs";
import { startHub } from "./hub.mjs";
import { modelsDir } from "./places.mjs";
import { saveScreenshot } from "./screenshots.mjs";

const MINUTE = 60_000;
const REPOSITORY = "bricks/tiny-coder-GGUF";
const FILE = "tiny-coder.Q4_1.gguf";

let hub;
let model;

shareWindow({
  async prepare() {
    model = readFileSync(join(modelsDir(), "SmolLM2-135M-Instruct.Q4_1.gguf"));
    hub = await startHub(REPOSITORY, new Map([[FILE, model]]));
    home.ownModels();
    home.env.HF_ENDPOINT = hub.url;
  },
  closed: () => hub?.close(),
});

/** The list of transfers in its sheet; the page behind has one as well. */
const SHEET = '[role="dialog"] [data-testid="transfers"]';

const shown = (selector) => window.browser.$(selector).waitForDisplayed({ timeout: SOON_MS });

/** The share that the shown bar has reached, in percent. */
async function percent() {
  return Number(await window.browser.$(`${SHEET} [role="progressbar"]`).getAttribute("aria-valuenow"));
}

/** The state of the first transfer, as the list has it. */
const transferState = () => window.browser.$(`${SHEET} > li`).getAttribute("data-state");

const untilState = (state, timeout = SOON_MS) =>
  window.until(transferState, (seen) => seen === state, (seen) => `the transfer is ${seen}, not ${state}`, { timeout, interval: 200 });

test("a model is found on the hub, downloaded with a pause in the middle, and listed", { timeout: 6 * MINUTE }, async () => {
  await window.goTo("models");
  await segment(window, ".models-bar", "get");
  await shown('[data-testid^="catalog-group-"]');
  assert.equal(hub.asked.length, 0, "nothing is asked of a hub before the user does");
  await segment(window, ".get-bar", "hub");
  await window.type(window.get("hub-search"), "coder");
  await window.get("hub-results").waitForDisplayed({ timeout: SOON_MS });
  assert.ok((await window.text(window.get("hub-results"))).includes(REPOSITORY));
  await window.get("hub-results").scrollIntoView();
  await saveScreenshot(window, "downloads 1 found");
  await window.clickOn('[data-testid="hub-results"] button');
  await window.get("repository-files").waitForDisplayed({ timeout: SOON_MS });
  await saveScreenshot(window, "downloads 2 repository");

  const half = Math.floor(model.length / 2);
  hub.holdAt(half);
  await window.clickOn('[data-testid="repository-files"] button');
  await window.get("get-underway").waitForDisplayed({ timeout: SOON_MS });
  await window.click("transfers-badge");
  await shown(SHEET);
  await window.browser.waitUntil(async () => (await percent()) >= 45, { timeout: MINUTE, timeoutMsg: "no progress is shown" });
  assert.ok((await percent()) <= 50, "no more is shown than has come");
  assert.equal(await transferState(), "running");
  await saveScreenshot(window, "downloads 3 half way");
  assert.deepEqual(await axeFaults(window), []);

  await window.clickOn(`${SHEET} [data-testid^="pause-"]`);
  await untilState("paused");
  const before = hub.asked.length;
  hub.holdAt(Number.POSITIVE_INFINITY);
  await saveScreenshot(window, "downloads 4 paused");
  assert.deepEqual(await axeFaults(window), []);
  assert.equal(hub.asked.length, before, "a paused download asks for nothing");

  await window.clickOn(`${SHEET} [data-testid^="resume-"]`);
  await untilState("done", 2 * MINUTE);
  const { path, from } = hub.asked.at(-1);
  assert.equal(path, FILE);
  assert.ok(from > 0 && from <= half, `it went on from byte ${from}`);
  await saveScreenshot(window, "downloads 5 done");
  await window.browser.keys("Escape");
  await window.get("get-tiny-coder.Q4_1-here").waitForDisplayed({ timeout: SOON_MS });

  await segment(window, ".models-bar", "files");
  await window.get("file-row").waitForDisplayed({ timeout: SOON_MS });
  await shown('[data-testid="file-row"][data-id="tiny-coder.Q4_1"]');
  assert.ok(readFileSync(join(home.env.BRICKWORK_MODELS_DIR, FILE)).equals(model), "it is the hub's file to the byte");
  await saveScreenshot(window, "downloads 6 listed");
});

test("what an import leaves out of a folder is told with the reason", { timeout: 3 * MINUTE }, async () => {
  const folder = join(home.root, "bought");
  mkdirSync(join(folder, "more"), { recursive: true });
  writeFileSync(join(folder, "bought.gguf"), model);
  writeFileSync(join(folder, "broken.gguf"), "GGUF, but nothing of it is a model");
  writeFileSync(join(folder, "more", "cut.gguf"), model.subarray(0, 4096));
  writeFileSync(join(folder, "readme.md"), "# Models\n");
  await window.goTo("models");
  await segment(window, ".models-bar", "files");
  await window.click("import-open");
  await window.type(window.get("import-path"), folder);
  await window.click("import-do");
  await shown('[data-testid="file-row"][data-id="bought"]');
  const toast = '[data-sonner-toast][data-type="success"]';
  await shown(`${toast} [data-button]`);
  assert.match(await window.text(window.browser.$(toast)), /Left out: \d/);
  await saveScreenshot(window, "downloads 7 import told");
  await window.clickOn(`${toast} [data-button]`);
  await window.clickOn(`${SHEET} [data-testid^="skipped-"] summary`);
  const told = await window.text(window.browser.$(`${SHEET} [data-testid^="skipped-"]`));
  for (const name of ["broken.gguf", "cut.gguf"]) assert.ok(told.includes(join(folder, name === "cut.gguf" ? "more" : "", name)), told);
  await saveScreenshot(window, "downloads 8 left out");
  assert.deepEqual(await axeFaults(window), []);
  await window.browser.keys("Escape");
});
