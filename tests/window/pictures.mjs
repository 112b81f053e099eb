// Makes the pictures of docs/tour.md: a person's way from the first start to the export, on the default model, in the real window.
// Run it as the window tests are run: `node pictures.mjs FOLDER`. Those in docs/ have 128 colours.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { importFile, openFile, press } from "./designed.mjs";
import { machine } from "./window.mjs";

const MINUTE = 60_000;
const folder = resolve(process.argv[2] ?? "pictures");
mkdirSync(folder, { recursive: true });

const PIPELINE = {
  name: "Badge component",
  description: "A small component, its style sheet, and a page that explains both",
  global_context: { framework: "React 18", styling: "plain CSS" },
  steps: [
    { step_name: "plan", model_type: "CodeLlama", prompt: "Plan a Badge component in {{ framework }}: its props, and one sentence for each.", parameters: { max_tokens: 96, temperature: 0 } },
    {
      step_name: "component",
      model_type: "CodeGemma",
      prompt: "Write the Badge component with {{ styling }} as one fenced jsx code block.",
      inputs: ["plan"],
      parameters: { max_tokens: 256, temperature: 0 },
    },
    { step_name: "styles", model_type: "CodeGemma", prompt: "Write the style sheet of the Badge as one fenced css code block.", inputs: ["plan"], parameters: { max_tokens: 192, temperature: 0 } },
    { step_name: "readme", model_type: "T5Gemma", prompt: "Write a short README in Markdown that explains the component and its style sheet.", parameters: { max_tokens: 160, temperature: 0 } },
  ],
  assembler: { parameters: { max_tokens: 400, temperature: 0 } },
};

const home = machine();
home.env.BRICKWORK_TEST_FILE = importFile(home);
const window = await home.open();
await window.browser.setWindowSize(1280, 800);

async function picture(name) {
  await sleep(1_200);
  await window.browser.saveScreenshot(join(folder, `${name}.png`));
}

try {
  await window.get("run-example").waitForDisplayed();
  await picture("start");
  await window.goTo("design");
  await window.get("template-react-component").waitForDisplayed();
  await openFile(window, home, PIPELINE);
  // The message that the file was opened covers a part of the form for a while.
  await sleep(6_000);
  await window.click("step-1");
  await window.get("budget-panel").waitForDisplayed();
  await window.click("zoom-fit");
  await picture("design");
  await window.click("go-preview");
  await window.get("prompt-preview").waitForDisplayed();
  await sleep(3_000);
  await picture("preview");
  await press(window, "Control", "k");
  await window.get("palette-input").waitForDisplayed();
  await picture("palette");
  await press(window, "Escape");
  await window.click("run-button");
  await window.browser.$('[data-testid="step-1"][data-status="RUNNING"]').waitForExist({ timeout: 2 * MINUTE });
  await picture("running");
  await window.waitForStatus("SUCCESS", 8 * MINUTE);
  await window.click("export-button");
  await window.click("export-choose");
  await window.browser.$('[data-testid^="plan-"]').waitForDisplayed();
  await picture("export");
  await press(window, "Escape");
  await window.get("export-write").waitForExist({ reverse: true });
  await window.goTo("runs");
  await window.type(window.get("runs-search"), "badge");
  await picture("history");
} finally {
  await window.close();
  home.remove();
}
