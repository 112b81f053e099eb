// A walk through every screen of the window. Each stop has its name; what is looked at there is the walker's own business.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeDialog, radio } from "./designed.mjs";

/** Visits every screen and calls `look(name)` at each; `allowed` are faults that a stop may have. `runs` are the runs to show, newest first; without any, their screens are left out. */
export async function tour(window, home, { runs = [], look }) {
  await visitDesign(window, look);
  await visitDialogs(window, look);
  await go(window, "/models", "role-CodeLlama");
  await look("models");
  await visitModels(window, look);
  await go(window, "/runs", "runs-search");
  await look("runs");
  if (runs.length > 0) await visitRun(window, home, runs, look);
  await visitSettings(window, look);
}

/** Opens a place of the window and waits for what stands there. */
export async function go(window, path, testId) {
  await window.setRoute(path);
  await window.get(testId).waitForDisplayed();
}

async function visitDesign(window, look) {
  await go(window, "/start", "run-example");
  await look("start");
  await window.goTo("design");
  await window.browser.waitUntil(async () => (await window.get("open-gallery").isExisting()) || (await window.get("template-react-component").isExisting()));
  if (await window.get("open-gallery").isDisplayed()) {
    await window.click("open-gallery");
  } else if (await window.get("document-menu").isExisting()) {
    // A narrow bar has no room for the button.
    await window.click("document-menu");
    await window.click("document-menu-new");
  }
  await window.get("template-react-component").waitForDisplayed();
  await look("gallery");
  await window.click("template-react-component");
  await window.get("pipeline-name").waitForDisplayed();
  await window.type(window.get("pipeline-name"), "Components");
  await radio(window, "canvas");
  await window.get("canvas").waitForDisplayed();
  await window.get("context-inspector").waitForDisplayed();
  await look("canvas and context");
  await radio(window, "outline");
  await window.get("outline").waitForDisplayed();
  await window.click("step-1");
  await window.get("step-inspector").waitForDisplayed();
  await look("outline and step");
  await window.click("go-parameters");
  await window.get("max-tokens").waitForDisplayed();
  await look("step parameters");
  await window.click("go-preview");
  await window.get("prompt-preview").waitForDisplayed();
  await look("prompt preview");
  await window.click("assembler-card");
  await window.get("assembler-inspector").waitForDisplayed();
  await look("assembler");
}

async function visitDialogs(window, look) {
  await window.click("plan-button");
  await look("plan");
  await window.browser.keys("Escape");
  // The first version holds what was typed on the way here; without it there is something to compare.
  await window.click("undo");
  await window.click("document-menu");
  await window.click("document-menu-versions");
  await window.get("document-changes").waitForDisplayed();
  await look("versions");
  await closeDialog(window, "versions");
  await window.browser.keys(["Control", "k"]);
  await window.get("command-palette").waitForDisplayed();
  await look("command palette");
  await closeDialog(window, "command-palette");
  await window.goTo("settings");
  await window.click("open-keys");
  await window.get("keys-dialog").waitForDisplayed();
  await look("keys");
  await closeDialog(window, "keys-dialog");
  await window.click("project-switcher");
  await window.get("project-menu").waitForDisplayed();
  // A menu floats above the page, outside of its landmarks.
  await look("projects", { allowed: /^region:/ });
  await window.browser.keys("Escape");
}

async function visitModels(window, look) {
  await radio(window, "files");
  await window.get("file-row").waitForDisplayed();
  await window.get("models-usage").waitForDisplayed();
  await look("models files");
  await window.clickOn('[data-testid="file-row"] th button');
  await window.get("model-detail").waitForDisplayed();
  await look("model details");
  await closeDialog(window, "model-detail");
  await window.click("import-open");
  await window.get("import-path").waitForDisplayed();
  await look("model import");
  await closeDialog(window, "import-path");
  await radio(window, "get");
  await window.browser.$('[data-testid^="catalog-group-"]').waitForDisplayed();
  await look("models catalog");
  await window.click("hub-settings-toggle");
  await window.get("hub-settings").waitForDisplayed();
  await look("models hub");
  await window.click("bundle-make");
  await window.get("bundle-path").waitForDisplayed();
  await look("models bundle");
  await closeDialog(window, "bundle-path");
  await window.click("transfers-badge");
  await look("models transfers");
  await window.browser.keys("Escape");
  await radio(window, "roles");
}

async function visitRun(window, home, [run, earlier], look) {
  await window.click(`run-row-${run.run_id}`);
  await window.get("run-status").waitForDisplayed();
  await window.browser.$('[data-testid="highlighted-code"][data-highlighted="true"]').waitForExist();
  await look("run result");
  await radio(window, "time");
  await window.get("time-plot").waitForDisplayed();
  await look("run time plot");
  await radio(window, "files");
  await window.click("step-1");
  await window.get("step-output").waitForDisplayed();
  await look("run step");
  await window.click("rerun-button");
  await window.get("rerun-step-generate_component").waitForDisplayed();
  await look("rerun");
  await closeDialog(window, "rerun-dialog");
  // A file of the folder differs, so that there is something to compare.
  writeFileSync(join(home.exportDir, run.final_artifacts[0].name), "export const old = 1;\n");
  await window.click("export-button");
  await window.click("export-choose");
  await window.get(`plan-${run.final_artifacts[0].name}`).waitForDisplayed();
  await look("export");
  await closeDialog(window, "export-write");
  await go(window, `/compare/${earlier.run_id}/${run.run_id}`, "compare-step-generate_component");
  await look("compare");
}

async function visitSettings(window, look) {
  await go(window, "/settings", "data-folder");
  await look("settings");
  for (const group of ["machine", "storage", "server", "help"]) {
    await window.browser.execute((id) => document.getElementById(id).scrollIntoView({ block: "start" }), `group-${group}`);
    await look(`settings ${group}`);
  }
}
