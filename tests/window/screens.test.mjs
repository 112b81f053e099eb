// Every screen in English and Spanish, light and dark, each with a screenshot, and nothing cut off.
import assert from "node:assert/strict";
import { test } from "node:test";
import { axeFaults } from "./axe.mjs";
import { home, reopenWindow, shareWindow, window } from "./fixture.mjs";
import { cutOff, faultsOf, unreachable } from "./looks.mjs";
import { chooseLook, untilLook } from "./passing.mjs";
import { saveScreenshot } from "./screenshots.mjs";
import { go, tour } from "./tour.mjs";

const MINUTE = 60_000;

/** Runs that the walks show, newest first. */
let runs = [];

shareWindow();

/** Walks through every screen, keeps what each looks like, and holds it to its checks; all that is wrong is told together. */
async function visit(label, { axe = false, reach = false } = {}) {
  const wrong = [];
  const look = async (name, { allowed = /^$/ } = {}) => {
    await saveScreenshot(window, `${label} ${name}`);
    const faults = [...(await window.browser.execute(cutOff)), ...(axe ? await axeFaults(window) : []), ...(reach ? await window.browser.execute(unreachable) : [])];
    wrong.push(...faults.filter((fault) => !allowed.test(fault)).map((fault) => `${name}: ${fault}`));
  };
  await tour(window, home, { runs, look });
  assert.deepEqual(wrong, []);
}

/** Makes the inside of the window that large while `during` goes on. */
async function sized(width, height, during) {
  const before = await window.browser.getWindowSize();
  await window.browser.setWindowSize(width, height);
  await window.browser.waitUntil(async () => (await window.browser.execute(() => window.innerWidth)) === width, { timeoutMsg: `the window does not become ${width} px wide` });
  await during();
  await window.browser.setWindowSize(before.width, before.height);
}

test("a machine without runs, in English and light", { timeout: 4 * MINUTE }, async () => {
  await chooseLook(window, "light", "en");
  await go(window, "/runs", "runs-search");
  await saveScreenshot(window, "empty en light runs");
  assert.deepEqual(await faultsOf(window), []);
});

test("every screen, in English and light", { timeout: 6 * MINUTE }, async () => {
  home.bindScripted();
  for (const id of ["document-code", "react-component", "react-component"]) home.cli("run", id, "--json");
  const listed = JSON.parse(home.cli("runs", "list", "--json")).runs;
  runs = listed.slice(0, 2).map(({ run_id }) => home.run(run_id));
  await visit("en light", { axe: true });
});

test("every screen, in Spanish and dark", { timeout: 6 * MINUTE }, async () => {
  await chooseLook(window, "dark", "es");
  await visit("es dark", { axe: true });
  const rail = await window.text(window.browser.$("nav.rail"));
  assert.match(rail, /Modelos/);
  assert.match(rail, /Ajustes|Configuración/);
});

test("in a small window, in Spanish", { timeout: 6 * MINUTE }, async () => {
  await sized(1024, 700, () => visit("es dark small", { reach: true }));
});

for (const [width, height] of [
  [1440, 900],
  [2560, 1440],
]) {
  test(`in a window of ${width} by ${height}, in Spanish`, { timeout: 6 * MINUTE }, async () => {
    await sized(width, height, () => visit(`es dark ${width}`));
  });
}

test("at twice the size, in Spanish", { timeout: 6 * MINUTE }, async () => {
  // A window of 1280 x 820 whose page is shown at 200 % gives it this much room.
  await sized(640, 410, () => visit("es dark twice", { reach: true }));
});

test("language and colours survive a restart", { timeout: 3 * MINUTE }, async () => {
  await reopenWindow();
  await untilLook(window, "dark", "es");
});

test("a failed run says what happened, where, and what to do", { timeout: 3 * MINUTE }, async () => {
  await chooseLook(window, "light", "en");
  home.cli("models", "bind", "CodeGemma", "default");
  const pipeline = JSON.parse(home.cli("templates", "list", "--json")).templates.find(({ id }) => id === "react-component");
  delete pipeline.id;
  pipeline.steps[1].parameters.max_tokens = 131_072;
  assert.throws(() => home.runPipeline(pipeline), ({ status }) => status === 4);
  const run = home.run();
  await window.goTo("runs");
  await window.click(`run-row-${run.run_id}`);
  await window.get("failure-card").waitForDisplayed();
  const card = await window.text(window.get("failure-card"));
  assert.ok(card.includes(run.steps[1].error), card);
  assert.match(card, /generate_component/);
  await saveScreenshot(window, "en light run failed");
  assert.deepEqual(await faultsOf(window), []);
});
