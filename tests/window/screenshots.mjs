// Screenshots, kept as build artifacts.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { screenshotsDir } from "./places.mjs";

/** Keeps what the window shows, as `NAME.png` with everything but letters and digits turned into `-`. */
export async function saveScreenshot(window, name) {
  // The longest transition takes 200 ms, and a busy machine may be a frame behind what the page has become.
  await sleep(350);
  await window.browser.executeAsync((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));
  const file = join(screenshotsDir(), `${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.png`);
  await window.browser.saveScreenshot(file);
  return file;
}
