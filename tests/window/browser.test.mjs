// The same page in chromium, as `brickwork serve --ui` serves it: from the sign-in link to exported files, without a word in the
// console, and accessible on every screen in both themes. The scripted placeholder serves every role, slowly enough to be watched.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { axeFaults } from "./axe.mjs";
import { openInBrowser } from "./browser.mjs";
import { focusStep, press, SOON_MS, segment } from "./designed.mjs";
import { home, shareWindow, window as tab } from "./fixture.mjs";
import { nameFile, undoExport, writeExport } from "./results.mjs";
import { saveScreenshot } from "./screenshots.mjs";

const MINUTE = 60_000;

let run;

shareWindow({
  variables: { BRICKWORK_SCRIPTED_PACE_MS: "20", BRICKWORK_TOKEN: "a-token-that-makes-the-browser-sign-in" },
  prepare: () => home.bindScripted(),
  open: () => openInBrowser(home),
  afresh: true,
});

test("a template is run, watched to its result, renamed, exported and taken back", { timeout: 4 * MINUTE }, async () => {
  // The link's code is not kept in the address.
  assert.match(await tab.browser.getUrl(), /^http:\/\/127\.0\.0\.1:\d+\/(#.*)?$/);
  await tab.get("run-example").waitForDisplayed({ timeout: SOON_MS });
  await tab.goTo("design");
  await tab.click("template-react-component");
  await tab.get("step-2").waitForDisplayed({ timeout: SOON_MS });
  await tab.click("run-button");
  await tab.get("run-status").waitForDisplayed({ timeout: SOON_MS });
  await tab.waitForStream(MINUTE);
  await saveScreenshot(tab, "browser 1 running");
  await tab.waitForStatus("SUCCESS", 2 * MINUTE);
  run = home.run();
  const [artifact] = run.final_artifacts;
  await tab.get(`artifact-${artifact.name}`).waitForDisplayed({ timeout: SOON_MS });
  await tab.browser.$('[data-testid="highlighted-code"][data-highlighted="true"]').waitForExist({ timeout: SOON_MS });
  assert.equal((await tab.codeLines()).join("\n"), artifact.content.replace(/\n$/, ""));

  await tab.click("file-rename");
  await nameFile(tab, "src/made.py");
  await saveScreenshot(tab, "browser 2 renamed");

  await tab.click("export-button");
  await tab.type(tab.get("export-folder"), home.exportDir);
  await tab.get("plan-src/made.py").waitForDisplayed({ timeout: SOON_MS });
  await tab.browser.$('[data-testid="export-write"]:not([disabled])').waitForExist({ timeout: SOON_MS });
  assert.deepEqual(await axeFaults(tab), []);
  await saveScreenshot(tab, "browser 3 export");
  await writeExport(tab);
  assert.equal(readFileSync(join(home.exportDir, "src", "made.py"), "utf8"), artifact.content);
  await undoExport(tab);
  assert.equal(existsSync(join(home.exportDir, "src")), false);
  assert.deepEqual(readdirSync(home.exportDir), []);
  await tab.click("export-close");
});

test("the history finds words of an output", { timeout: MINUTE }, async () => {
  assert.ok(run, "the test before this one made no run");
  await tab.goTo("runs");
  await tab.get(`run-row-${run.run_id}`).waitForDisplayed({ timeout: SOON_MS });
  await tab.type(tab.get("runs-search"), "placeholder simul");
  await tab.browser.waitUntil(async () => (await tab.browser.$$(".snippet mark").length) > 0, { timeout: SOON_MS, timeoutMsg: "nothing is marked" });
  await saveScreenshot(tab, "browser 4 search");
  await tab.type(tab.get("runs-search"), "xylophone");
  await tab.get(`run-row-${run.run_id}`).waitForExist({ reverse: true, timeout: SOON_MS });
  await tab.click("runs-clear");
  await tab.get(`run-row-${run.run_id}`).waitForDisplayed({ timeout: SOON_MS });
});

/** Every screen, each as a way there and what must be on it. */
const SCREENS = [
  { name: "start", go: () => tab.setRoute("/start"), shows: "run-example" },
  { name: "design", go: () => tab.goTo("design"), shows: "canvas" },
  { name: "step", go: openStep, shows: "step-inspector" },
  { name: "gallery", go: () => tab.click("open-gallery"), shows: "template-react-component", leave: () => tab.click("gallery-back") },
  { name: "runs", go: () => tab.goTo("runs"), shows: "runs-table" },
  { name: "result", go: () => tab.setRoute(`/runs/${run.run_id}`), shows: "highlighted-code" },
  { name: "time", go: () => segment(tab, ".final-views", "time"), shows: "time-table" },
  { name: "output", go: () => tab.click("step-0"), shows: "step-output" },
  { name: "compare", go: () => tab.setRoute(`/compare/${run.run_id}/${run.run_id}`), shows: "compare-files" },
  { name: "models", go: () => tab.goTo("models"), shows: "role-CodeLlama" },
  { name: "palette", go: () => press(tab, "Control", "k"), shows: "command-palette", leave: () => press(tab, "Escape") },
  { name: "settings", go: () => tab.goTo("settings"), shows: "privacy-table" },
];

/** Opens a step from the keyboard. */
async function openStep() {
  await focusStep(tab, 0);
  await press(tab, "Enter");
}

for (const theme of ["light", "dark"]) {
  test(`every screen is accessible, ${theme}`, { timeout: 3 * MINUTE }, async () => {
    await tab.goTo("settings");
    await tab.get("group-appearance").waitForDisplayed({ timeout: SOON_MS });
    await segment(tab, '[data-testid="group-appearance"]', theme);
    await tab.browser.waitUntil(async () => (await tab.browser.execute(() => document.documentElement.dataset.theme)) === theme, { timeout: SOON_MS });
    const faults = [];
    for (const { name, go, shows, leave } of SCREENS) {
      await go();
      await tab.get(shows).waitForDisplayed({ timeout: SOON_MS });
      await saveScreenshot(tab, `browser 5 ${theme} ${name}`);
      for (const fault of await axeFaults(tab)) faults.push(`${name}: ${fault}`);
      await leave?.();
    }
    assert.deepEqual(faults, []);
  });
}

test("nothing moves for who asked for reduced motion", { timeout: 2 * MINUTE }, async () => {
  const prefer = (value) => tab.browser.sendCommand("Emulation.setEmulatedMedia", { features: [{ name: "prefers-reduced-motion", value }] });
  /** In the page: whatever would take time to change, with how long; long ones are told in ms. */
  const moving = () => {
    const inMs = (list) => Math.max(...list.split(",").map((one) => Number.parseFloat(one) * (one.trim().endsWith("ms") ? 1 : 1000)));
    return [...document.querySelectorAll("*")].flatMap((element) => {
      const { transitionDuration, animationDuration, animationName, scrollBehavior } = getComputedStyle(element);
      const takes = Math.max(inMs(transitionDuration), animationName === "none" ? 0 : inMs(animationDuration));
      return takes > 0 || scrollBehavior === "smooth" ? [`${element.tagName.toLowerCase()}.${element.getAttribute("class")}: ${takes} ms`] : [];
    });
  };
  await tab.setRoute(`/runs/${run.run_id}`);
  await tab.get("run-status").waitForDisplayed({ timeout: SOON_MS });
  assert.notDeepEqual(await tab.browser.execute(moving), [], "without the wish something moves");
  await prefer("reduce");
  for (const { name, go, shows, leave } of SCREENS) {
    await go();
    await tab.get(shows).waitForDisplayed({ timeout: SOON_MS });
    assert.deepEqual([name, ...(await tab.browser.execute(moving))], [name]);
    await leave?.();
  }
  await prefer("");
});

test("the console was told of nothing, and without the cookie nothing is shown", { timeout: MINUTE }, async () => {
  assert.deepEqual(await tab.faults(), []);
  // The cookie is none of the page's, so the page cannot delete it.
  await tab.browser.sendCommand("Network.clearBrowserCookies", {});
  // The screen is not waited for: the page tells that it is signed out in its place.
  await tab.click("nav-runs");
  await tab.get("signed-out").waitForDisplayed({ timeout: SOON_MS });
  assert.deepEqual(await axeFaults(tab), []);
  await saveScreenshot(tab, "browser 6 signed out");
  await tab.browser.refresh();
  await tab.browser.waitUntil(async () => (await tab.browser.getTitle()) === "Sign in to Brickwork", { timeout: SOON_MS });
});
