// Measures the window as a user feels it and prints one JSON line: start-up, memory at rest, frame times. Nothing here passes or fails
// by a figure. Called by `cargo xtask bench ui`; the roles are played by the scripted placeholder, so a model's speed has no part in it.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { childrenOf, stat } from "./processes.mjs";
import { machine } from "./window.mjs";

const STARTS = 5;
const STEPS = 200;
const RUNS = 100_000;
/** Milliseconds that a page is left alone before its memory is read. */
const REST_MS = 8_000;
/** Milliseconds of streaming that are watched. */
const STREAM_MS = 3_000;

const round = (value, digits = 1) => Number(value.toFixed(digits));
const sorted = (values) => [...values].sort((a, b) => a - b);
const quantile = (values, part) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
const summary = (values) => ({ median: round(quantile(values, 0.5)), p95: round(quantile(values, 0.95)), max: round(Math.max(...values)), n: values.length });

/** When a process was started, in milliseconds since 1970; to 10 ms, the system's own unit. */
function startedAt(id) {
  const boot = Number(readFileSync("/proc/stat", "utf8").match(/^btime (\d+)$/m)[1]) * 1000;
  // `btime` has whole seconds; what the uptime says about the boot is finer.
  const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
  const fine = Date.now() - uptime;
  return (Math.abs(fine - boot) < 2_000 ? fine : boot) + stat(id).started_ms;
}

/** A process and everything that it started. */
function family(id) {
  return [id, ...childrenOf(id).flatMap((child) => family(child.id))];
}

/** Memory in MiB, shared pages counted in parts (PSS). */
function memoryOf(id) {
  return family(id).reduce((sum, each) => {
    try {
      return sum + Number(readFileSync(`/proc/${each}/smaps_rollup`, "utf8").match(/^Pss:\s+(\d+) kB$/m)[1]) / 1024;
    } catch {
      return sum;
    }
  }, 0);
}

/** Processor time in seconds that a process and its children have used so far, without those that run models. */
function processorSeconds(id) {
  const used_ms = family(id).reduce((sum, each) => {
    const found = stat(each);
    return !found || found.name.startsWith("brickwork-worke") ? sum : sum + found.used_ms;
  }, 0);
  return used_ms / 1000;
}

/** Collects the milliseconds between frames while `action` goes on. */
async function frames(window, action) {
  await window.browser.execute(() => {
    const probe = { times: [], stop: false };
    window.__frames = probe;
    let last = performance.now();
    const tick = (now) => {
      probe.times.push(now - last);
      last = now;
      if (!probe.stop) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await action();
  return window.browser.execute(() => {
    window.__frames.stop = true;
    return window.__frames.times.slice(1);
  });
}

function manySteps() {
  const steps = Array.from({ length: STEPS }, (_, number) => ({
    step_name: `step_${number}`,
    model_type: ["CodeLlama", "CodeGemma", "T5Gemma"][number % 3],
    prompt: `Write part ${number}.`,
    parameters: { max_tokens: 64, temperature: 0.2 },
    // A tree: every step reads the one that it grows from.
    inputs: number === 0 ? [] : [`step_${Math.floor((number - 1) / 3)}`],
  }));
  return { name: "Two hundred steps", steps, global_context: { framework: "react" } };
}

/** Start-up: from the start of the process to the first paint, and to the mark that the page sets when it answers input. */
async function starts() {
  const paint = [];
  const interactive = [];
  for (let count = 0; count < STARTS; count += 1) {
    const home = machine();
    const window = await home.open();
    await window.browser.waitUntil(() => window.browser.execute(() => performance.getEntriesByName("interactive").length > 0), { timeout: 30_000 });
    const times = await window.browser.execute(() => ({
      paint: performance.timeOrigin + (performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN),
      interactive: performance.timeOrigin + performance.getEntriesByName("interactive")[0].startTime,
    }));
    const began = startedAt(window.appId);
    if (!Number.isNaN(times.paint)) paint.push(times.paint - began);
    interactive.push(times.interactive - began);
    await window.close();
    home.remove();
  }
  return { first_paint_ms: paint.length > 0 ? summary(paint) : null, interactive_ms: summary(interactive) };
}

/** Memory at rest, dragging in a large pipeline, streaming. */
async function inUse() {
  const home = machine({ BRICKWORK_SCRIPTED_PACE_MS: "10" });
  home.bindScripted();
  const saved = home.cliWithInput(JSON.stringify(manySteps()), "pipelines", "save", "-", "--json");
  const { id } = JSON.parse(saved.trim().split("\n").at(-1));
  const window = await home.open();
  try {
    await sleep(REST_MS);
    const idle_memory_mib = round(memoryOf(window.appId));
    await window.goTo("design");
    await window.click(`open-${id}`);
    await window.browser.$(".react-flow__node").waitForDisplayed();
    await sleep(2_000);
    const drag_frame_ms = summary(await frames(window, () => dragFirstNode(window)));
    await sleep(1_000);
    const large_pipeline_memory_mib = round(memoryOf(window.appId));
    return { idle_memory_mib, large_pipeline_memory_mib, drag_steps: STEPS, drag_frame_ms, ...(await streaming(window)) };
  } finally {
    await window.close();
    home.remove();
  }
}

/** Drags a step's node to and fro for two seconds. */
async function dragFirstNode(window) {
  const handle = await window.browser.$('[data-testid="step-0"]');
  const at = await handle.getLocation();
  const x = Math.round(at.x + 30);
  const y = Math.round(at.y + 14);
  const moves = Array.from({ length: 60 }, (_, count) => ({ type: "pointerMove", duration: 33, origin: "viewport", x: x + Math.round(120 * Math.sin(count / 6)), y: y + count }));
  await window.browser.performActions([
    {
      type: "pointer",
      id: "mouse",
      parameters: { pointerType: "mouse" },
      actions: [{ type: "pointerMove", duration: 0, origin: "viewport", x, y }, { type: "pointerDown", button: 0 }, ...moves, { type: "pointerUp", button: 0 }],
    },
  ]);
  await window.browser.releaseActions();
}

/** Frames while the text of a run streams in, and how many cores the window keeps busy: what a model on the same machine lacks. */
async function streaming(window) {
  await window.goTo("design");
  await window.click("open-gallery");
  await window.click("template-react-component");
  await window.get("run-button").waitForClickable();
  await window.click("run-button");
  await window.browser.$('[data-testid="step-output"]').waitForExist({ timeout: 30_000 });
  // Counted before, since asking for frames makes more of them.
  const used = processorSeconds(window.appId);
  await sleep(STREAM_MS);
  const streaming_cores = round((processorSeconds(window.appId) - used) / (STREAM_MS / 1000), 2);
  return { streaming_cores, streaming_frame_ms: summary(await frames(window, () => sleep(STREAM_MS))) };
}

/** A history of many runs: from the click to its first rows, and frames while it is scrolled through by the wheel. */
async function history() {
  const home = machine();
  home.bindScripted();
  home.cli("run", "react-component", "--json");
  home.addRuns(RUNS);
  const window = await home.open();
  try {
    await window.get("nav-runs").waitForDisplayed();
    const open = [];
    for (let count = 0; count < STARTS; count += 1) {
      await window.goTo("settings");
      await sleep(1_500);
      open.push(await window.browser.executeAsync(timeToRows));
    }
    const scrolled = await frames(window, async () => {
      for (let count = 0; count < 40; count += 1) {
        await window.browser.execute(() => document.querySelector(".run-scroll").scrollBy(0, 600));
        await sleep(50);
      }
    });
    return { history_runs: RUNS, history_open_ms: summary(open), history_scroll_frame_ms: summary(scrolled) };
  } finally {
    await window.close();
    home.remove();
  }
}

/** In the page: milliseconds from the click on Runs to the frame that shows rows. */
function timeToRows(done) {
  const began = performance.now();
  document.querySelector('[data-testid="nav-runs"]').click();
  const look = () => (document.querySelector('[data-testid^="run-row-"]') ? requestAnimationFrame(() => done(performance.now() - began)) : requestAnimationFrame(look));
  requestAnimationFrame(look);
}

const figures = { ...(await starts()), ...(await inUse()), ...(await history()) };
console.log(JSON.stringify(figures));
