// What a person does with the files that a run made, in the window and in a browser.
import { SOON_MS } from "./designed.mjs";

/** Fills in the open form of a file with the file's name, and waits until the file is there. */
export async function nameFile(window, name) {
  await window.type(window.get("file-name-input"), name);
  await window.click("file-form-send");
  await window.get(`artifact-${name}`).waitForDisplayed({ timeout: SOON_MS });
}

/** Writes what the open export plans. */
export async function writeExport(window) {
  await window.browser.$('[data-testid="export-write"]:not([disabled])').waitForExist({ timeout: SOON_MS });
  await window.click("export-write");
  await window.get("export-done").waitForDisplayed({ timeout: SOON_MS });
}

/** Takes back the export that was written just now. */
export async function undoExport(window) {
  await window.click("export-undo");
  await window.get("export-undone").waitForDisplayed({ timeout: SOON_MS });
}
