// Makes the pictures of docs/tour.md: a person's way from the first start to the export, on the default model, in the real window.
// Run it as the window tests are run: `node pictures.mjs FOLDER`. Those in docs/ have 255 colours and no dither, which keeps them small
// and their grounds plain.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { closeDialog, openFile, openVersion, press, SOON_MS, saveVersion, segment, untilSaved } from "./designed.mjs";
import { modelsDir } from "./places.mjs";
import { nameFile } from "./results.mjs";
import { shoot } from "./screenshots.mjs";
import { go } from "./tour.mjs";
import { machine } from "./window.mjs";

const MINUTE = 60_000;
const folder = resolve(process.argv[2] ?? "pictures");
mkdirSync(folder, { recursive: true });

const PIPELINE = {
  name: "Badge component",
  description: "A small component, its style sheet, and a page that explains both",
  global_context: { framework: "React 18", styling: "plain CSS" },
  steps: [
    {
      step_name: "props",
      model_type: "CodeLlama",
      prompt: "Name the props of a Badge component in {{ framework }} as one fenced json code block.",
      parameters: { max_tokens: 96, temperature: 0 },
      gate: { json_schema: { type: "object", required: ["props"], properties: { props: { type: "array" } } }, repairs: 2 },
    },
    {
      step_name: "component",
      model_type: "CodeGemma",
      prompt: "Write the Badge component with {{ styling }} as one fenced jsx code block.",
      inputs: ["props"],
      parameters: { max_tokens: 256, temperature: 0 },
    },
    { step_name: "styles", model_type: "CodeGemma", prompt: "Write the style sheet of the Badge as one fenced css code block.", inputs: ["props"], parameters: { max_tokens: 192, temperature: 0 } },
    { step_name: "readme", model_type: "T5Gemma", prompt: "Write a short README in Markdown that explains the component and its style sheet.", parameters: { max_tokens: 160, temperature: 0 } },
  ],
  assembler: { mode: "deterministic", parameters: { max_tokens: 400, temperature: 0 } },
};
const LATER = "Write the Badge component with {{ styling }} and a `tone` of info, warning or error, as one fenced jsx code block.";

const home = machine();
// Paths in the pictures are the machine's own, not those of who makes them.
home.env.BRICKWORK_MODELS_DIR = join(home.root, "models");
symlinkSync(modelsDir(), home.env.BRICKWORK_MODELS_DIR);
const window = await home.open();
await window.browser.setWindowSize(1280, 800);

async function picture(name) {
  await sleep(1_200);
  await shoot(window.browser, join(folder, `${name}.png`));
}

/** Messages in passing cover a part of what is shown. */
async function untilQuiet() {
  await window.browser.$("[data-sonner-toast]").waitForExist({ reverse: true, timeout: SOON_MS });
}

/** Runs what is open, with a picture under way called `name`. */
async function runToEnd(name) {
  await window.click("run-button");
  await window.waitForRunning(1, { timeout: 4 * MINUTE });
  if (name) {
    await sleep(2_000);
    await picture(name);
  }
  await window.waitForStatus("SUCCESS", 8 * MINUTE);
  return home.run();
}

/** What each step will be asked, before anything runs. */
async function design() {
  await openFile(window, home, PIPELINE);
  await untilSaved(window);
  await untilQuiet();
  await window.click("step-1");
  await window.get("budget-panel").waitForDisplayed();
  await window.click("zoom-fit");
  await picture("design");
  await window.click("go-preview");
  await window.browser.$('[data-testid="prompt-preview"][aria-busy="false"] .preview-count').waitForExist({ timeout: MINUTE });
  await picture("preview");
  await press(window, "Control", "k");
  await window.get("palette-input").waitForDisplayed();
  await picture("palette");
  await press(window, "Escape");
}

/** A version by name, and what has changed since. */
async function versions() {
  await saveVersion(window, "First draft");
  await window.click("step-1");
  await window.click("go-prompt");
  await window.type(window.browser.$('[data-testid="prompt-editor"] .cm-content'), LATER);
  await untilSaved(window);
  await openVersion(window, "First draft");
  await untilQuiet();
  await picture("versions");
  await closeDialog(window, "versions");
}

try {
  await window.get("run-example").waitForClickable({ timeout: MINUTE });
  await sleep(2_000);
  await picture("start");
  await window.goTo("design");
  await window.get("template-react-component").waitForDisplayed();
  await design();
  const earlier = await runToEnd("running");
  await window.click("step-0");
  await window.click("gate-attempts");
  await window.browser.$("ol.attempts").waitForDisplayed();
  await picture("gate");

  await window.goTo("design");
  await versions();
  const later = await runToEnd();
  // Names and a note of the user's own; the folder has an older Badge already.
  await window.click("step-final");
  await window.click("file-rename");
  await nameFile(window, "src/Badge.jsx");
  await window.click("file-menu");
  await window.click("file-menu-add");
  await nameFile(window, "README.md");
  const { content } = home.run(later.run_id).final_artifacts.find(({ name }) => name === "src/Badge.jsx");
  const old = { name: "src/Badge.jsx" };
  mkdirSync(join(home.exportDir, "src"));
  writeFileSync(join(home.exportDir, old.name), `${content.split("\n").slice(0, -4).join("\n")}\n`);
  await window.click("export-button");
  await window.click("export-choose");
  await window.click(`plan-${old.name}`);
  await window.browser.$(".diff").waitForDisplayed({ timeout: SOON_MS });
  await picture("export");
  await closeDialog(window, "export-write");
  await go(window, `/compare/${earlier.run_id}/${later.run_id}`, "compare-step-component");
  await window.get("compare-step-component").scrollIntoView();
  await picture("compare");
  await window.goTo("runs");
  await window.type(window.get("runs-search"), "badge");
  await picture("history");
  await window.goTo("models");
  await segment(window, ".models-bar", "roles");
  await window.get("fit-CodeGemma").waitForDisplayed({ timeout: SOON_MS });
  await picture("models");
} finally {
  await window.close();
  home.remove();
}
