// What a screen looks like in passing, held to the same checks as the screens of the tour: nothing is cut off, and axe finds nothing.
import { press, SOON_MS } from "./designed.mjs";
import { faultsOf } from "./looks.mjs";
import { saveScreenshot } from "./screenshots.mjs";

/** The themes and languages in which everything is looked at: each once. */
export const LOOKS = [
  ["light", "en"],
  ["dark", "es"],
];

/** Chooses a theme and a language in the settings and waits until the window has them. */
export async function chooseLook(window, theme, language) {
  for (const value of [theme, language]) {
    await window.goTo("settings");
    await window.get("data-folder").waitForDisplayed();
    await window.clickOn(`//label[input[@type="radio" and @value="${value}"]]`);
  }
  await window.browser.waitUntil(() => window.browser.execute((one, other) => document.documentElement.dataset.theme === one && document.documentElement.lang === other, theme, language));
}

/** `look(name)` takes a picture and adds what is wrong with it to `wrong`. */
export function looker(window, title) {
  const wrong = [];
  const look = async (name) => {
    await saveScreenshot(window, `${title} ${name}`);
    const faults = await faultsOf(window);
    wrong.push(...faults.map((fault) => `${name}: ${fault}`));
  };
  return { look, wrong };
}

/** Closes the dialog that holds what has this test id. */
export async function closeDialog(window, testId) {
  await press(window, "Escape");
  await window.get(testId).waitForExist({ reverse: true, timeout: SOON_MS });
}
