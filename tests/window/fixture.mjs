// The machine and the window that the tests of a file share: made before the first test, gone after the last one. Each file runs in a
// process of its own, so there is one of each here.
import { after, afterEach, before } from "node:test";
import { saveScreenshot } from "./screenshots.mjs";
import { machine } from "./window.mjs";

/** The machine, from `prepare` on. */
export let home;
/** The page that is open on it; undefined while none is. */
export let window;

/** Gives the tests of the calling file `home` and `window`. `variables` are further ones of the machine's environment. `prepare` is done
 * before `open` opens the page, and `closed` once the last page is closed, before the machine is removed. With `afresh` the page is
 * loaded anew after a failed test, so that whatever is open does not stand in the way of the next one. */
export function shareWindow({ variables, prepare, open = () => home.open(), closed, afresh = false } = {}) {
  before(async () => {
    home = machine(variables);
    await prepare?.();
    window = await open();
  });
  afterEach(async ({ name, passed }) => {
    if (passed) return;
    await saveScreenshot(window, `failed ${name}`).catch(() => {});
    if (afresh) await window?.browser.refresh().catch(() => {});
  });
  after(async () => {
    await window?.close();
    await closed?.();
    home?.remove();
  });
}

/** Opens the window on a machine; there is one window at a time. */
export async function openWindow(on = home) {
  window = undefined;
  window = await on.open();
}

export async function closeWindow() {
  await window?.close();
  window = undefined;
}

export async function reopenWindow() {
  await closeWindow();
  await openWindow();
}
