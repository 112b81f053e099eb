// Every screen in English and Spanish, light and dark, each with a screenshot, and nothing cut off.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { saveScreenshot } from "./screenshots.mjs";
import { machine } from "./window.mjs";

const MINUTE = 60_000;

let home;
let window;

before(async () => {
  home = machine();
  window = await home.open();
});
afterEach(async ({ name, passed }) => {
  if (!passed) await saveScreenshot(window, `failed ${name}`).catch(() => {});
});
after(async () => {
  await window?.close();
  home.remove();
});

/** Picks one of the choices in the settings by its value. */
async function choose(value) {
  await window.click("nav-settings");
  await window.get("data-folder").waitForDisplayed();
  await window.browser.$(`//label[input[@type="radio" and @value="${value}"]]`).click();
}

/** What sticks out of the window to the right, or stands wider than the box that clips it without a way to scroll. */
function cutOff() {
  const wrong = [];
  if (document.documentElement.scrollWidth > window.innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  for (const element of document.querySelectorAll("button, h1, h2, h3, label, dt, th, .chip, .badge")) {
    const box = element.getBoundingClientRect();
    // What only screen readers read is one pixel wide on purpose.
    if (box.width <= 1) continue;
    const style = getComputedStyle(element);
    const clipped = element.scrollWidth > element.clientWidth + 1 && style.overflowX !== "visible" && style.textOverflow !== "ellipsis" && element.clientWidth > 0;
    if (clipped) wrong.push(`cut off: "${element.textContent.trim().slice(0, 60)}"`);
  }
  return wrong;
}

async function shoot(name) {
  await saveScreenshot(window, name);
  assert.deepEqual(await window.browser.execute(cutOff), [], name);
}

/** Visits every screen. */
async function tour(label) {
  await window.browser.execute(() => {
    window.location.hash = "/start";
  });
  await window.get("run-example").waitForDisplayed();
  await shoot(`${label} start`);
  await window.click("nav-design");
  if (await window.get("open-gallery").isExisting()) await window.click("open-gallery");
  await window.get("template-react-component").waitForDisplayed();
  await shoot(`${label} gallery`);
  await window.click("template-react-component");
  await window.get("context-inspector").waitForDisplayed();
  await shoot(`${label} design context`);
  await window.click("step-1");
  await window.get("step-inspector").waitForDisplayed();
  await shoot(`${label} design step`);
  await window.click("assembler-card");
  await shoot(`${label} design assembler`);
  await window.click("nav-models");
  await window.get("role-CodeLlama").waitForDisplayed();
  await shoot(`${label} models`);
  await window.click("nav-runs");
  await window.get("runs-search").waitForDisplayed();
  await shoot(`${label} runs`);
  const row = await window.browser.$('[data-testid^="run-row-"]');
  if (await row.isExisting()) {
    await row.click();
    await window.get("run-status").waitForDisplayed();
    await window.browser.$('[data-testid="highlighted-code"][data-highlighted="true"]').waitForExist();
    await shoot(`${label} run result`);
    await window.click("step-1");
    await window.get("step-output").waitForDisplayed();
    await shoot(`${label} run step`);
    await window.click("export-button");
    await window.click("export-choose");
    await window.browser.$('[data-testid^="plan-"]').waitForDisplayed();
    await shoot(`${label} export`);
    await window.browser.keys("Escape");
    await window.get("export-write").waitForExist({ reverse: true });
  }
  await window.click("nav-settings");
  await window.get("data-folder").waitForDisplayed();
  await shoot(`${label} settings`);
}

const language = () => window.browser.execute(() => document.documentElement.lang);
const theme = () => window.browser.execute(() => document.documentElement.dataset.theme);

test("a machine without runs, in English and light", { timeout: 3 * MINUTE }, async () => {
  await choose("light");
  await choose("en");
  await window.browser.waitUntil(async () => (await language()) === "en" && (await theme()) === "light");
  await tour("empty en light");
});

test("with runs, in English and light", { timeout: 3 * MINUTE }, async () => {
  home.bindScripted();
  for (const id of ["react-component", "document-code"]) home.cli("run", id, "--json");
  await tour("en light");
});

test("with runs, in Spanish and dark", { timeout: 3 * MINUTE }, async () => {
  await choose("dark");
  await choose("es");
  await window.browser.waitUntil(async () => (await language()) === "es" && (await theme()) === "dark");
  await tour("es dark");
  const rail = await window.text(window.browser.$("nav.rail"));
  assert.match(rail, /Modelos/);
  assert.match(rail, /Ajustes|Configuración/);
});

test("in a small window, in Spanish", { timeout: 3 * MINUTE }, async () => {
  const { width, height } = await window.browser.getWindowSize();
  await window.browser.setWindowSize(1024, 700);
  await window.browser.waitUntil(async () => (await window.browser.execute(() => window.innerWidth)) === 1024);
  await tour("es dark small");
  await window.browser.setWindowSize(width, height);
});

test("language and colours survive a restart", { timeout: 3 * MINUTE }, async () => {
  await window.close();
  window = await home.open();
  await window.browser.waitUntil(async () => (await language()) === "es" && (await theme()) === "dark", { timeout: 15_000 });
});

test("a failed run says what happened, where, and what to do", { timeout: 3 * MINUTE }, async () => {
  await choose("light");
  await choose("en");
  home.cli("models", "bind", "CodeGemma", "default");
  const pipeline = JSON.parse(home.cli("templates", "list", "--json")).templates.find(({ id }) => id === "react-component");
  delete pipeline.id;
  pipeline.steps[1].parameters.max_tokens = 131_072;
  assert.throws(() => home.cliWithInput(JSON.stringify(pipeline), "run", "-", "--json"), ({ status }) => status === 4);
  const run = home.run();
  await window.click("nav-runs");
  await window.click(`run-row-${run.run_id}`);
  await window.get("failure-card").waitForDisplayed();
  const card = await window.text(window.get("failure-card"));
  assert.ok(card.includes(run.steps[1].error), card);
  assert.match(card, /generate_component/);
  await shoot("en light run failed");
});
