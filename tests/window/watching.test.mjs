// Watching runs of the real default model in the real window: what a step is doing in words and numbers, an output that follows or
// holds still, the plot of where the time went, a rerun that keeps what did not change, and two runs side by side.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openFile, SOON_MS, segment, untilSaved } from "./designed.mjs";
import { home, shareWindow, window } from "./fixture.mjs";
import { saveScreenshot } from "./screenshots.mjs";

const MINUTE = 60_000;
/** Distance in px from the end within which an output counts as shown to its end. */
const NEAR_END = 24;

/** Long enough to be read for a while: the prompt's percentage is on screen for more than a moment. */
const LONG_TEXT = Array.from({ length: 64 }, (_, line) => `Brick ${line} of the wall is ${line % 2 ? "red" : "grey"} and lies in row ${line % 9}.`).join("\n");
/** At temperature 0 the default model repeats itself, so the second step writes all of its tokens. */
const PIPELINE = {
  name: "Watched",
  steps: [
    { step_name: "read", model_type: "CodeLlama", prompt: `Say in one line what this is about.\n${LONG_TEXT}`, parameters: { max_tokens: 20, temperature: 0 } },
    {
      step_name: "count",
      model_type: "CodeLlama",
      prompt: "Count from one to a thousand in words, one number a line",
      inputs: [],
      parameters: { max_tokens: 1_200, temperature: 0 },
    },
  ],
  assembler: { parameters: { max_tokens: 24 } },
};

let watched;
let again;

shareWindow({ afresh: true });

/** Keeps what the page says of the running step, several times a second. */
function record() {
  const text = (id) => document.querySelector(`[data-testid="progress-${id}"]`)?.textContent;
  window.__seen = [];
  window.setInterval(() => {
    const phase = document.querySelector('[data-testid="step-progress"] [role="progressbar"]');
    if (!phase) return;
    const step = document.querySelector(".step-pane")?.getAttribute("aria-label");
    const seen = { step, phase: phase.dataset.phase, doing: text("phase"), tokens: text("tokens"), rate: text("rate"), left: text("left") };
    const last = window.__seen.at(-1);
    if (JSON.stringify(last) !== JSON.stringify(seen)) window.__seen.push(seen);
  }, 30);
}

/** Where the shown output stands, in px, and how long its text is. */
const place = () =>
  window.browser.execute(() => {
    const box = document.querySelector(".output-scroll");
    if (!box) return null;
    return { top: box.scrollTop, below: box.scrollHeight - box.scrollTop - box.clientHeight, scrolls: box.scrollHeight > box.clientHeight + 200, length: box.textContent.length };
  });

/** Turns the wheel over the middle of the output. */
async function wheel(deltaY) {
  const { x, y } = await window.browser.execute(() => {
    const box = document.querySelector(".output-scroll").getBoundingClientRect();
    return { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
  });
  await window.browser.performActions([{ type: "wheel", id: "wheel", actions: [{ type: "scroll", x, y, deltaX: 0, deltaY, duration: 0, origin: "viewport" }] }]);
  await window.browser.releaseActions();
}

test("a running step tells its phase, its tokens and what remains, and its output follows or holds still", { timeout: 8 * MINUTE }, async () => {
  await openFile(window, home, PIPELINE);
  await untilSaved(window);
  await window.browser.execute(record);
  await window.click("run-button");
  await window.get("run-status").waitForDisplayed();
  await window.waitForRunning(1, { timeout: 3 * MINUTE, interval: 50 });
  await window.browser.waitUntil(async () => (await place())?.scrolls, { timeout: 2 * MINUTE, interval: 50, timeoutMsg: "the output never grew longer than its box" });
  assert.ok((await place()).below < NEAR_END, "the output does not follow");

  await wheel(-150);
  await window.get("follow").waitForDisplayed({ timeout: SOON_MS });
  const held = await place();
  assert.ok(held.below > NEAR_END, "the wheel did not move the output");
  await window.browser.waitUntil(async () => (await place()).length > held.length + 60, { timeout: MINUTE, interval: 50, timeoutMsg: "the text did not grow" });
  assert.equal((await place()).top, held.top, "the output moved while it was read");
  await saveScreenshot(window, "watching 1 held still");
  await window.click("follow");
  await window.browser.waitUntil(async () => (await place()).below < NEAR_END, { timeout: SOON_MS, interval: 30, timeoutMsg: "Follow did not bring the end back" });
  const followed = await place();
  await window.browser.waitUntil(async () => (await place()).length > followed.length + 40, { timeout: MINUTE, interval: 50 });
  assert.ok((await place()).below < NEAR_END, "the output does not follow again");
  await saveScreenshot(window, "watching 2 followed");
  await window.waitForStatus("SUCCESS", 5 * MINUTE);

  watched = home.run();
  assert.equal(watched.simulated, false);
  const seen = await window.browser.execute(() => window.__seen);
  const of = (step, phase) => seen.filter((one) => one.step === step && one.phase === phase);
  const numbers = (list, key, pattern) => list.map((one) => pattern.exec(one[key] ?? "")?.[1]).filter(Boolean).map((digits) => Number(digits.replaceAll(",", "")));
  // A small model is loaded in the blink of an eye, so what comes before the prompt may be on screen as the start alone.
  assert.ok(seen.some(({ phase }) => phase === "loading" || phase === "starting"), `neither start nor loading was shown: ${[...new Set(seen.map(({ phase }) => phase))]}`);
  const percents = new Set(numbers(of("read", "prompt"), "doing", /(\d+)\s?%/));
  assert.ok(percents.size >= 2, `the prompt's percentage did not grow: ${JSON.stringify([...percents])}`);
  const writing = of("count", "writing");
  const tokens = numbers(writing, "tokens", /^([\d,]+) \/ 1,200$/);
  assert.ok(new Set(tokens).size >= 5, `the tokens did not grow: ${tokens}`);
  assert.deepEqual(tokens, tokens.toSorted((one, other) => one - other), "tokens went back");
  assert.ok(numbers(writing, "rate", /^([\d,]+(?:\.\d+)?) /).some((rate) => rate > 0), "no tokens per second");
  const left = writing.map((one) => one.left).filter((text) => /\d/.test(text ?? ""));
  assert.ok(new Set(left).size >= 2, `the time that remains did not change: ${left}`);
});

test("a plot and its table show where the time went", { timeout: MINUTE }, async () => {
  await window.click("step-final");
  await segment(window, ".final-views", "time");
  await window.browser.$('[data-testid="time-plot"] canvas').waitForExist({ timeout: SOON_MS });
  const colours = () =>
    window.browser.execute(() => {
      const canvas = document.querySelector('[data-testid="time-plot"] canvas');
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const counts = {};
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] !== 255) continue;
        const colour = `${data[at]},${data[at + 1]},${data[at + 2]}`;
        counts[colour] = (counts[colour] ?? 0) + 1;
      }
      return Object.values(counts).filter((count) => count > 100).length;
    });
  // Bars of at least two phases, and the axis.
  await window.browser.waitUntil(async () => (await colours()) >= 2, { timeout: SOON_MS, timeoutMsg: "the plot is blank" });
  const rows = await window.browser.execute(() => [...document.querySelectorAll('[data-testid="time-table"] tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent)));
  const head = await window.browser.execute(() => [...document.querySelectorAll('[data-testid="time-table"] thead th')].map((cell) => cell.textContent));
  assert.deepEqual(
    rows.map(([name]) => name),
    ["read", "count", "Assembler"],
  );
  const column = head.indexOf("Written tokens");
  const written = rows.map((row) => Number(row[column].replaceAll(",", "")));
  const steps = [...watched.steps, watched.assembler];
  for (const [index, step] of steps.entries()) assert.equal(written[index], step.timings.generated_tokens, `${head} ${rows[index]}`);
  await saveScreenshot(window, "watching 3 where the time went");
});

test("a rerun keeps what did not change and says why the rest is stale", { timeout: 5 * MINUTE }, async () => {
  await window.goTo("design");
  await window.click("step-1");
  await window.type(window.get("max-tokens"), "40");
  await untilSaved(window);
  await window.goTo("runs");
  await window.click(`run-row-${watched.run_id}`);
  await window.click("rerun-button");
  await window.browser.$('[data-testid="rerun-step-count"][data-action="run"]').waitForDisplayed({ timeout: SOON_MS });
  const text = async (step) => window.text(window.get(`rerun-step-${step}`));
  assert.equal(await window.get("rerun-step-read").getAttribute("data-action"), "reuse");
  assert.equal(await window.get("rerun-step-assembler").getAttribute("data-action"), "run");
  assert.match(await text("count"), /parameters/i);
  assert.match(await text("assembler"), /count/);
  await saveScreenshot(window, "watching 4 rerun plan");
  await window.click("rerun-start");
  await window.get("run-derived").waitForDisplayed({ timeout: SOON_MS });
  await window.waitForStatus("SUCCESS", 3 * MINUTE);
  again = home.run();
  assert.notEqual(again.run_id, watched.run_id);
  assert.deepEqual(
    again.steps.map(({ reused_from }) => reused_from ?? null),
    [watched.run_id, null],
  );
  assert.equal(again.steps[0].result, watched.steps[0].result);
  assert.equal(again.pipeline.steps[1].parameters.max_tokens, 40);
  await window.click("step-0");
  await window.get("step-reused").waitForDisplayed();
  await saveScreenshot(window, "watching 5 step kept");
});

test("two runs stand side by side", { timeout: MINUTE }, async () => {
  await window.click("derived-compare");
  await window.get(`compare-${watched.run_id}`).waitForDisplayed({ timeout: SOON_MS });
  await window.get(`compare-${again.run_id}`).waitForDisplayed();
  const count = '[data-testid="compare-step-count"]';
  const parameters = await window.text(window.browser.$(`${count} table`));
  assert.match(parameters, /1200/);
  assert.match(parameters, /40/);
  // Both wrote the same beginning, and only one the rest.
  await window.browser.$(`${count} [data-testid="side-diff"] .diff-was`).waitForExist({ timeout: SOON_MS });
  assert.equal(await window.browser.$('[data-testid="compare-step-read"] [data-testid="side-diff"]').isExisting(), false, "what is the same is folded");
  await saveScreenshot(window, "watching 6 side by side");
  const side = () => window.browser.execute(() => [...document.querySelectorAll(".compare-head")].map((head) => head.dataset.testid));
  assert.deepEqual(await side(), [`compare-${watched.run_id}`, `compare-${again.run_id}`]);
  await window.click("compare-swap");
  await window.browser.waitUntil(async () => (await side())[0] === `compare-${again.run_id}`, { timeout: SOON_MS });
});
