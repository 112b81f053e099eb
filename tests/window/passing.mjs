// What a screen looks like in passing, held to the same checks as the screens of the tour: nothing is cut off, and axe finds nothing.
import { radio, SOON_MS } from "./designed.mjs";
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
    await radio(window, value);
  }
  await untilLook(window, theme, language);
}

/** Waits until the page has the theme and the language. */
export async function untilLook(window, theme, language) {
  const has = (one, other) => document.documentElement.dataset.theme === one && document.documentElement.lang === other;
  await window.browser.waitUntil(() => window.browser.execute(has, theme, language), { timeout: SOON_MS, timeoutMsg: `the window does not become ${theme} in ${language}` });
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
