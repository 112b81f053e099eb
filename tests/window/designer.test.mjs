// Building a pipeline with the pointer and the keyboard in the real window: the canvas, undo, the palette, faults and the context. The
// scripted placeholder serves every role, since no model has a part in it.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  closeDialog,
  documentOf,
  drag,
  fillIn,
  focusStep,
  hasFocus,
  middle,
  names,
  nodeOf,
  openFile,
  press,
  pressTimes,
  SOON_MS,
  segment,
  stable,
  stepNames,
  tabTo,
  untilDocument,
  untilSaved,
} from "./designed.mjs";
import { home, reopenWindow, shareWindow, window } from "./fixture.mjs";
import { saveScreenshot } from "./screenshots.mjs";

const MINUTE = 60_000;

shareWindow({ prepare: () => home.bindScripted() });

const step = (step_name, more = {}) => ({ step_name, model_type: "CodeGemma", prompt: `Write ${step_name}`, parameters: { max_tokens: 16 }, ...more });
const fit = () => press(window, "Control", "Shift", "f");

test("a template found by its name grows by a drag from the palette and by the keyboard", { timeout: 2 * MINUTE }, async () => {
  await window.goTo("design");
  await window.get("template-react-component").waitForDisplayed({ timeout: SOON_MS });
  const all = await window.browser.$$(".template-card").length;
  await window.type(window.get("gallery-search"), "react");
  await window.browser.waitUntil(async () => (await window.browser.$$(".template-card").length) < all, { timeout: SOON_MS });
  await saveScreenshot(window, "designer 1 gallery");
  await window.click("template-react-component");
  await window.get("canvas").waitForDisplayed();
  await window.get("step-2").waitForDisplayed();
  await fit();

  // Between the first and the second step, beside them.
  const first = await middle(window, nodeOf(0));
  const second = await middle(window, nodeOf(1));
  const { x: left } = await middle(window, '[data-testid="canvas"]');
  const gap = { x: Math.round((left + first.x) / 2), y: Math.round((first.y + second.y) / 2) };
  const brick = await middle(window, '[data-testid="add-CodeGemma"]');
  await drag(window, brick, gap);
  await window.get("step-3").waitForDisplayed({ timeout: SOON_MS });
  const grown = await stepNames(window);
  assert.equal(grown.length, 4);
  assert.equal((await documentOf(window)).steps[1].model_type, "CodeGemma", "the dropped step stands where it was let go");

  await window.browser.execute(() => document.querySelector('[data-testid="add-T5Gemma"]').focus());
  await press(window, "Enter");
  await window.get("step-4").waitForDisplayed({ timeout: SOON_MS });
  // It follows the selected step, which is the one that was dropped.
  assert.equal((await documentOf(window)).steps[2].model_type, "T5Gemma");
  await fit();
  await saveScreenshot(window, "designer 2 grown");
});

test("two nodes are connected with the pointer and parted with the keyboard", { timeout: 2 * MINUTE }, async () => {
  const steps = [step("left"), step("right", { inputs: [] }), step("both", { inputs: ["left"] })];
  await openFile(window, home, { name: "Branches", steps });
  await fit();
  const inputs = ({ steps: [, , both] }) => both.inputs ?? null;
  const from = await middle(window, `${nodeOf(1)} .port-out`);
  const to = await middle(window, `${nodeOf(2)} .port-in`);
  await drag(window, from, to);
  await untilDocument(window, inputs, ["left", "right"]);
  await saveScreenshot(window, "designer 3 connected");

  await focusStep(window, 2);
  const [source, target] = await window.browser.execute((...css) => css.map((one) => document.querySelector(one).dataset.id), nodeOf(0), nodeOf(2));
  const focused = () => window.browser.execute(() => document.activeElement?.closest(".react-flow__edge")?.getAttribute("data-id") ?? null);
  // The lines of the selected node lie between the palette and the nodes on the way of the Tab key.
  await window.browser.execute(() => document.querySelector('[data-testid="add-T5Gemma"]').focus());
  for (let pressed = 0; (await focused()) !== `${source}>${target}`; pressed += 1) {
    assert.ok(pressed < 15, "the Tab key does not reach the line");
    await press(window, "Tab");
  }
  await press(window, "Enter");
  await window.browser.$(".edge-label").waitForDisplayed();
  await saveScreenshot(window, "designer 4 line chosen");
  await press(window, "Delete");
  await untilDocument(window, inputs, ["right"]);
  await press(window, "Control", "z");
  await untilDocument(window, inputs, ["left", "right"]);
});

test("every edit is undone and done again in order, also after a restart", { timeout: 4 * MINUTE }, async () => {
  await openFile(window, home, { name: "Order", steps: [step("one"), step("two"), step("three")] });
  await fit();
  const states = [await documentOf(window)];
  /** Carries out an edit, sees its effect, and undoes and redoes it once. */
  async function edit(act, look, expected) {
    await act();
    await untilDocument(window, look, expected);
    const now = await documentOf(window);
    await press(window, "Control", "z");
    await untilDocument(window, (it) => it, states.at(-1));
    await press(window, "Control", "Shift", "z");
    await untilDocument(window, (it) => it, now);
    states.push(now);
  }
  const placed = ({ metadata }) => "two" in (metadata?.canvas ?? {});
  await edit(
    async () => {
      const node = await middle(window, nodeOf(1));
      await drag(window, node, { x: node.x + 90, y: node.y + 30 });
    },
    placed,
    true,
  );
  await saveScreenshot(window, "designer 5 dragged");
  await edit(() => press(window, "Control", "Shift", "l"), placed, false);
  await edit(
    async () => {
      await focusStep(window, 1);
      await press(window, "F2");
      await fillIn(window, "rename-1", "second");
    },
    names,
    ["one", "second", "three"],
  );
  await focusStep(window, 1);
  await edit(() => press(window, "Control", "d"), ({ steps }) => steps.length, 4);
  await focusStep(window, 0);
  await edit(() => press(window, "Control", "Shift", "e"), ({ steps }) => steps[0].enabled, false);
  await focusStep(window, 2);
  await edit(() => press(window, "Delete"), names, ["one", "second", "three"]);
  await focusStep(window, 2);
  await edit(() => press(window, "Alt", "ArrowUp"), names, ["one", "three", "second"]);
  await edit(() => press(window, "Alt", "ArrowUp"), names, ["three", "one", "second"]);
  await edit(() => press(window, "Alt", "ArrowDown"), names, ["one", "three", "second"]);
  await saveScreenshot(window, "designer 6 edited");

  await untilSaved(window);
  await reopenWindow();
  await window.goTo("design");
  await window.get("canvas").waitForDisplayed({ timeout: SOON_MS });
  await untilDocument(window, (it) => it, states.at(-1));
  for (const state of states.slice(0, -1).reverse()) {
    await press(window, "Control", "z");
    await untilDocument(window, (it) => it, state);
  }
  await saveScreenshot(window, "designer 7 undone after a restart");
  await pressTimes(window, states.length - 1, "Control", "Shift", "z");
  await untilDocument(window, (it) => it, states.at(-1));
});

test("the palette and the list of keys work by the keyboard alone", { timeout: 2 * MINUTE }, async () => {
  await openFile(window, home, { name: "Keys", steps: [step("only")] });
  await press(window, "Control", "k");
  await window.get("palette-input").waitForDisplayed();
  await window.type(window.get("palette-input"), "Add T5Gemma");
  const chosen = window.browser.$('[data-testid="command-design.add.T5Gemma"][data-selected="true"]');
  await chosen.waitForDisplayed({ timeout: SOON_MS });
  await saveScreenshot(window, "designer 8 palette");
  await press(window, "Enter");
  await window.get("command-palette").waitForExist({ reverse: true });
  await untilDocument(window, ({ steps }) => steps.map((one) => one.model_type), ["CodeGemma", "T5Gemma"]);

  await focusStep(window, 0);
  await press(window, "?");
  await window.get("keys-dialog").waitForDisplayed();
  const text = await window.text(window.get("keys-dialog"));
  for (const shown of ["F2", "Ctrl D", "Ctrl Z", "Ctrl K"]) assert.ok(text.includes(shown), `${shown} is not listed`);
  await saveScreenshot(window, "designer 9 keys");
  await closeDialog(window, "keys-dialog");
  const back = await window.browser.execute((css) => document.activeElement === document.querySelector(css), nodeOf(0));
  assert.ok(back, "the focus is not where it was");
});

test("a fault stands on its node as one types, with its remedy, and leads there", { timeout: 2 * MINUTE }, async () => {
  await openFile(window, home, { name: "Faults", steps: [step("fine"), step("faulty")] });
  await window.click("step-1");
  await window.type(window.browser.$('[data-testid="prompt-editor"] .cm-content'), "Use {{ nowhere }}");
  const mark = window.browser.$(`${nodeOf(1)} [data-testid^="problems-"]`);
  await mark.waitForDisplayed({ timeout: SOON_MS });
  assert.equal(await window.browser.$(`${nodeOf(0)} [data-testid^="problems-"]`).isExisting(), false);
  // A popover of completions may lie over the rest.
  await press(window, "Escape");
  await mark.click();
  const list = window.browser.$(".problems-list");
  await list.waitForDisplayed();
  const words = await window.browser.execute(() => {
    const faults = [...document.querySelectorAll(".problems-list .diagnostic > span")];
    return faults.map((fault) => [...fault.children].map((part) => part.textContent));
  });
  assert.ok(words[0][0] && words[0][1], "a fault says what it is and what to do");
  assert.equal(words[0][2], "steps[1].prompt");
  await saveScreenshot(window, "designer 10 fault");
  await press(window, "Escape");
  await list.waitForExist({ reverse: true });

  await window.click("context-card");
  await window.get("context-inspector").waitForDisplayed();
  await window.click("problems-button");
  await window.clickOn(".problems-list button.problem");
  await window.get("step-inspector").waitForDisplayed();
  assert.equal(await window.get("step-name").getValue(), "faulty");
  await saveScreenshot(window, "designer 11 led to the fault");
});

test("a variable is completed in the prompt by the keys alone", { timeout: 2 * MINUTE }, async () => {
  await openFile(window, home, { name: "Completed", global_context: { styling: "plain", state: "none" }, steps: [step("one", { prompt: "Use " })] });
  await focusStep(window, 0);
  await press(window, "Enter");
  await tabTo(window, '[data-testid="prompt-editor"] .cm-content');
  await press(window, "Control", "End");
  await window.enter("{{ sty");
  const offers = window.browser.$(".cm-tooltip-autocomplete li[aria-selected]");
  await offers.waitForDisplayed({ timeout: SOON_MS });
  assert.match(await window.text(offers), /styling/);
  await saveScreenshot(window, "designer 12 completion");
  // What was offered may not be taken in the very moment in which it appears.
  await window.browser.pause(150);
  await press(window, "Enter");
  await untilDocument(window, ({ steps }) => steps[0].prompt, "Use {{ styling }}");
  assert.ok(await hasFocus(window, '[data-testid="prompt-editor"]'), "the focus stays in the prompt");
});

test("the context is edited as a form and as JSON", { timeout: 2 * MINUTE }, async () => {
  await openFile(window, home, { name: "Context", global_context: { styling: "plain" }, steps: [step("one")] });
  const context = ({ global_context }) => global_context ?? null;
  await window.click("context-card");
  await window.type(window.get("context-styling"), "Tailwind");
  await untilDocument(window, context, { styling: "Tailwind" });
  await window.clickOn(".context-rows > button");
  await window.type(window.browser.$(".context-row:last-of-type input"), "pages");
  await window.type(window.get("context-pages"), "3");
  await untilDocument(window, context, { styling: "Tailwind", pages: "3" });
  await saveScreenshot(window, "designer 13 context form");
  await segment(window, ".context-editor", "json");
  const editor = window.browser.$(".context-json .cm-content");
  await window.type(editor, '{"pages": [1, 2');
  await window.browser.$(".context-json .field-error").waitForDisplayed({ timeout: SOON_MS });
  assert.equal(stable(context(await documentOf(window))), stable({ styling: "Tailwind", pages: "3" }), "half of a JSON changes nothing");
  await saveScreenshot(window, "designer 14 context fault");
  await window.type(editor, '{"pages": [1, 2]}');
  await untilDocument(window, context, { pages: [1, 2] });
  await segment(window, ".context-editor", "form");
  assert.equal(await window.get("context-pages").getValue(), "[1,2]");
  await saveScreenshot(window, "designer 15 context list");
});
