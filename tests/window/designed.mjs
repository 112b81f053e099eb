// What a person does on a screen, the Design screen before all: keys, drags, choices, dialogs, and what the open document is then.
import { writeFileSync } from "node:fs";

/** How long a busy machine may take to show what an edit did. */
export const SOON_MS = 20_000;

/** The designed pipeline, as the window's own copy has it with every edit. */
export function documentOf(window) {
  return window.browser.execute(() => {
    const slot = JSON.parse(localStorage.getItem("brickwork.document") ?? "null");
    return JSON.parse(localStorage.getItem(`brickwork.document.${slot}`) ?? "null")?.document ?? null;
  });
}

export const stepNames = async (window) => (await documentOf(window))?.steps.map((step) => step.step_name) ?? [];

/** A value as text that does not depend on the order of an object's fields. */
export function stable(value) {
  const ordered = (inner) => Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)));
  return JSON.stringify(value, (_, inner) => (inner && typeof inner === "object" && !Array.isArray(inner) ? ordered(inner) : inner)) ?? "nothing";
}

/** Waits until `look` at the document answers the same as `expected`; the failure says what it is instead. */
export async function untilDocument(window, look, expected) {
  const wanted = stable(expected);
  const part = async () => {
    const pipeline = await documentOf(window);
    return stable(pipeline ? look(pipeline) : null);
  };
  await window.until(part, (seen) => seen === wanted, (seen) => `the document has ${seen} where ${wanted} was expected`, { timeout: SOON_MS, interval: 100 });
}

export const names = ({ steps }) => steps.map((step) => step.step_name);

/** Presses keys together, as in `press(window, "Control", "z")`. */
export async function press(window, ...keys) {
  await window.browser.keys(keys);
  await window.browser.releaseActions();
}

/** Presses the same keys until nothing is left of `count`. */
export async function pressTimes(window, count, ...keys) {
  for (let done = 0; done < count; done += 1) await press(window, ...keys);
}

/** Whether the focus is on what the selector finds, or inside of it. */
export const hasFocus = (window, selector) => window.browser.execute((css) => document.activeElement?.closest(css) != null, selector);

/** Presses the Tab key until the focus is there, at most `limit` times. */
export async function tabTo(window, selector, limit = 80) {
  for (let pressed = 0; !(await hasFocus(window, selector)); pressed += 1) {
    if (pressed === limit) throw new Error(`the Tab key does not reach ${selector}`);
    await press(window, "Tab");
  }
}

/** Carries out a command by its words, with the keys alone. */
export async function command(window, words) {
  await press(window, "Control", "k");
  await window.browser.waitUntil(() => hasFocus(window, '[data-testid="palette-input"]'), { timeout: SOON_MS, timeoutMsg: "the palette does not take the focus" });
  await window.enter(words);
  const chosen = () => window.browser.execute(() => document.querySelector('[data-testid^="command-"][data-selected="true"]')?.textContent ?? "");
  await window.browser.waitUntil(async () => (await chosen()).includes(words), { timeout: SOON_MS, timeoutMsg: `no command is called "${words}"` });
  await press(window, "Enter");
  await window.get("command-palette").waitForExist({ reverse: true, timeout: SOON_MS });
}

/** The middle of an element on the screen, in whole pixels. */
export async function middle(window, selector) {
  await window.browser.$(selector).waitForExist({ timeout: SOON_MS });
  return window.browser.execute((css) => {
    const { x, y, width, height } = document.querySelector(css).getBoundingClientRect();
    return { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
  }, selector);
}

/** Drags with the pointer in several moves, as a hand does. */
export async function drag(window, from, to) {
  const at = ({ x, y }, duration = 20) => ({ type: "pointerMove", x, y, duration, origin: "viewport" });
  const between = [0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1].map((part) => ({
    x: Math.round(from.x + (to.x - from.x) * part),
    y: Math.round(from.y + (to.y - from.y) * part),
  }));
  await window.browser.performActions([
    {
      type: "pointer",
      id: "hand",
      parameters: { pointerType: "mouse" },
      actions: [
        at(from, 0),
        { type: "pointerDown", button: 0 },
        ...between.map((point) => at(point)),
        at(to),
        { type: "pause", duration: 50 },
        { type: "pointerUp", button: 0 },
      ],
    },
  ]);
  await window.browser.releaseActions();
}

/** The node of the step at `position`, as a selector. */
export const nodeOf = (position) => `.react-flow__node:has([data-testid="step-${position}"])`;

/** Selects the step at `position` and leaves the focus on its node. */
export async function focusStep(window, position) {
  await window.click(`step-${position}`);
  await window.browser.execute((css) => document.querySelector(css).focus(), nodeOf(position));
}

/** Waits until the draft is saved on the server. */
export async function untilSaved(window) {
  await window.browser.$('[data-testid="saved-state"][data-state="saved"]').waitForExist({ timeout: SOON_MS });
}

/** Keeps the document as it is now as a version with a name. */
export async function saveVersion(window, name) {
  await press(window, "Control", "s");
  await window.type(window.get("version-label"), name);
  await window.click("save-version-button");
  await window.get("version-label").waitForExist({ reverse: true });
}

/** Opens the list of versions and in it the one with the name, and waits for what has changed since. */
export async function openVersion(window, name) {
  await press(window, "Control", "Shift", "h");
  await window.get("versions").waitForDisplayed();
  const version = window.browser.$(`//*[@data-testid="versions"]//button[contains(@class, "version-main")][.//strong[text()="${name}"]]`);
  await version.waitForDisplayed({ timeout: SOON_MS });
  await version.click();
  await window.get("document-changes").waitForDisplayed({ timeout: SOON_MS });
}

/** Opens a pipeline from a file with the keys, and waits until it stands on the screen. */
export async function openFile(window, home, pipeline) {
  writeFileSync(home.importFile, JSON.stringify(pipeline));
  await window.goTo("design");
  await press(window, "Control", "o");
  await untilDocument(window, ({ name }) => name, pipeline.name);
  await window.get("pipeline-name").waitForDisplayed();
}

/** Fills in a field and finishes it. */
export async function fillIn(window, field, text) {
  await window.type(window.get(field), String(text));
  await press(window, "Enter");
}

/** Chooses from a drop-down list by the choice's text. */
export async function chooseOption(window, list, text) {
  await window.click(list);
  await window.clickOn(`//*[@role="option" and contains(., "${text}")]`);
}

/** Chooses one of the values that exclude each other, wherever on the page. */
export const radio = (window, value) => window.clickOn(`//label[input[@type="radio" and @value="${value}"]]`);

/** Closes the dialog that holds what has this test id. */
export async function closeDialog(window, testId) {
  await press(window, "Escape");
  await window.get(testId).waitForExist({ reverse: true, timeout: SOON_MS });
}

/** Chooses one of a row of buttons by its value, inside `within`. */
export async function segment(window, within, value) {
  await window.clickOn(`${within} .segment:has(input[value="${value}"])`);
}
