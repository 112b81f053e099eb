// What is made of runs, in the real window: files are renamed, cut and joined, shown as pages and exported, and thousands of runs are
// searched, marked and deleted; the settings and the projects around them. The scripted placeholder serves every role.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { chooseOption, closeDialog, fillIn, openFile, press, SOON_MS, segment } from "./designed.mjs";
import { freePort } from "./drivers.mjs";
import { home, shareWindow, window } from "./fixture.mjs";
import { untilLook } from "./passing.mjs";
import { undoExport, writeExport } from "./results.mjs";
import { saveScreenshot } from "./screenshots.mjs";
import { python } from "./scripts.mjs";

const MINUTE = 60_000;
const MANY = 3000;

const page = (name, prompt) => ({ name, steps: [{ step_name: "page", model_type: "CodeGemma", prompt, parameters: { max_tokens: 400 } }] });

let runId;

const notifications = () => join(home.root, "notifications.jsonl");
const linksFile = () => join(home.root, "links.txt");

shareWindow({
  prepare() {
    home.env.BRICKWORK_TEST_LINKS = linksFile();
    home.bindScripted();
    home.runPipeline(page("Form", "Write a form"));
    home.addRuns(MANY);
    home.runPipeline(page("Animals", "Write about the quokka of Rottnest"));
    runId = home.runPipeline(page("Birds", "Write about the kookaburra")).run_id;
    // From now on the placeholder takes its time, so that a run of it is a long one.
    home.env.BRICKWORK_SCRIPTED_PACE_MS = "110";
    home.env.BRICKWORK_TEST_NOTIFICATIONS = notifications();
  },
  afresh: true,
});

/** The final files by name. */
const finals = () => Object.fromEntries(home.run(runId).final_artifacts.map(({ name, content }) => [name, content]));

function untilFiles(names) {
  const wanted = JSON.stringify([...names].sort());
  const files = () => Object.keys(finals()).sort();
  return window.until(files, (seen) => JSON.stringify(seen) === wanted, (seen) => `the files are ${seen}, not ${names}`, { timeout: SOON_MS, interval: 200 });
}

async function fileAction(id) {
  await window.click("file-menu");
  await window.click(`file-menu-${id}`);
}

/** Fills the open form's field and sends it. */
async function sendForm(field, text) {
  await window.type(window.get(field), text);
  await window.click("file-form-send");
  await window.get("file-form").waitForExist({ reverse: true, timeout: SOON_MS });
}

/** Replaces the shown file's text in its editor. */
async function writeFile(text) {
  await fileAction("edit");
  await window.type(window.browser.$(".files .cm-content"), text);
  await window.click("file-save");
  await window.get("file-save").waitForExist({ reverse: true, timeout: SOON_MS });
}

/** Every file of a folder with its bytes. */
function snapshot(folder, below = "") {
  return Object.fromEntries(
    readdirSync(join(folder, below), { withFileTypes: true })
      .flatMap((entry) => {
        const path = join(below, entry.name);
        return entry.isDirectory() ? [[`${path}/`, ""], ...Object.entries(snapshot(folder, path))] : [[path, readFileSync(join(folder, path), "base64")]];
      })
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

async function openRun() {
  await window.setRoute(`/runs/${runId}`);
  await window.get("run-status").waitForDisplayed({ timeout: SOON_MS });
}

test("files are renamed, retyped, written, cut and joined, and every change can be taken back", { timeout: 3 * MINUTE }, async () => {
  const [[first, content]] = Object.entries(finals());
  await openRun();
  await window.click(`artifact-${first}`);
  await press(window, "F2");
  await sendForm("file-name-input", "src/app.py");
  await untilFiles(["src/app.py"]);

  await fileAction("retype");
  await sendForm("file-type-input", "txt");
  await untilFiles(["src/app.txt"]);
  await fileAction("undo");
  await untilFiles(["src/app.py"]);

  await fileAction("add");
  await sendForm("file-name-input", "notes.md");
  await untilFiles(["notes.md", "src/app.py"]);
  await writeFile("# Bricks **and** mortar");
  await window.browser.waitUntil(async () => finals()["notes.md"].startsWith("# Bricks **and** mortar"), { timeout: SOON_MS });

  await window.click("artifact-src/app.py");
  await fileAction("split");
  await window.click("split-at-3");
  await window.type(window.get("split-name-1"), "src/rest.py");
  await saveScreenshot(window, "history 1 split");
  await window.click("split-send");
  await untilFiles(["notes.md", "src/app.py", "src/rest.py"]);
  assert.equal(finals()["src/app.py"], `${content.split("\n").slice(0, 2).join("\n")}\n`);

  await window.click("artifact-src/app.py");
  await fileAction("merge");
  await window.click("merge-src/rest.py");
  await sendForm("file-name-input", "src/app.py");
  await untilFiles(["notes.md", "src/app.py"]);
  assert.equal(finals()["src/app.py"].replaceAll("\n\n", "\n"), content.replaceAll("\n\n", "\n"));
  await saveScreenshot(window, "history 2 edited files");

  await fileAction("reset");
  await untilFiles([first]);
  assert.equal(finals()[first], content);
  assert.equal(home.run(runId).final_artifacts_edited, false, "nothing is edited any more");
  // A reset can be taken back too.
  await fileAction("add");
  await sendForm("file-name-input", "page.html");
  await untilFiles([first, "page.html"]);
});

/** The text of the shown preview's heading. */
async function headingInFrame() {
  const frame = window.get("preview-frame");
  await frame.waitForDisplayed({ timeout: SOON_MS });
  await window.browser.switchFrame(await frame.getElement());
  try {
    const heading = window.browser.$("h1");
    await heading.waitForExist({ timeout: SOON_MS });
    return await heading.getText();
  } finally {
    await window.browser.switchFrame(null);
  }
}

test("row_34_pages made of files are shown, and their links lead nowhere", { timeout: 2 * MINUTE }, async () => {
  await openRun();
  await window.click("artifact-page.html");
  await writeFile('<h1>Shown</h1><p><a href="https://example.com/" target="_top">out</a></p>');
  await segment(window, ".file-views", "preview");
  assert.equal(await headingInFrame(), "Shown");
  assert.match(await window.get("preview-frame").getAttribute("src"), /^brickwork-preview:/);
  await saveScreenshot(window, "history 3 html page");
  const here = await window.browser.execute(() => window.location.href);
  await window.browser.switchFrame(await window.get("preview-frame").getElement());
  await window.browser.$("a").click();
  await window.browser.switchFrame(null);

  await fileAction("add");
  await sendForm("file-name-input", "notes.md");
  await window.get("artifact-notes.md").waitForDisplayed();
  await writeFile("# Bricks **and** mortar");
  await segment(window, ".file-views", "preview");
  assert.equal(await headingInFrame(), "Bricks and mortar");
  await segment(window, ".preview-head", "dark");
  await window.browser.$('[data-testid="preview-frame"][data-theme-shown="dark"]').waitForExist({ timeout: SOON_MS });
  assert.equal(await headingInFrame(), "Bricks and mortar");
  await saveScreenshot(window, "history 4 markdown page dark");

  // The link in the page changed nothing, and what the window itself would open is checked once more.
  assert.equal((await window.browser.getWindowHandles()).length, 1);
  assert.equal(await window.browser.execute(() => window.location.href), here);
  assert.equal(existsSync(linksFile()), false);
  const ask = async (url) => (await window.invoke("open_link", { url })).kind;
  for (const url of ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "brickwork-preview://localhost/x", "https://user:word@example.com/", "java\nscript:alert(1)"])
    assert.equal(await ask(url), "refused", url);
  for (const url of ["https://example.com/", "http://127.0.0.1:1/", "mailto:a@example.com"]) assert.equal(await ask(url), "answered", url);
  assert.deepEqual(readFileSync(linksFile(), "utf8").trim().split("\n"), ["https://example.com/", "http://127.0.0.1:1/", "mailto:a@example.com"]);
});

/** Opens the export and waits until it knows the folder. */
async function openExport() {
  await openRun();
  await window.click("export-button");
  await window.click("export-choose");
  await window.browser.$('[data-testid^="plan-"]').waitForDisplayed({ timeout: SOON_MS });
}

/** The row of a file in the export's plan. */
const planCheck = (name) => `.plan-row:has([data-testid="plan-${name}"]) input[type="checkbox"]`;
const planRow = (name) => window.browser.$(`.plan-row:has([data-testid="plan-${name}"])`);
const actionOf = async (name) => planRow(name).$("[data-action]").getAttribute("data-action");

test("an export shows what it changes, writes what was chosen, and is undone to the last byte", { timeout: 3 * MINUTE }, async () => {
  const [first] = Object.keys(finals());
  mkdirSync(join(home.exportDir, "kept"));
  writeFileSync(join(home.exportDir, "kept", "own.bin"), Buffer.from([0, 255, 13, 10, 7]));
  writeFileSync(join(home.exportDir, "notes.md"), "# Mine\r\nlast line without an end");
  const before = snapshot(home.exportDir);

  await openExport();
  assert.equal(await actionOf(first), "new");
  assert.equal(await actionOf("notes.md"), "conflict", "a file that Brickwork did not write");
  await window.click("plan-notes.md");
  await window.browser.$(".diff .diff-remove").waitForDisplayed({ timeout: SOON_MS });
  assert.match(await window.text(window.browser.$(".diff")), /Mine[\s\S]*Bricks/);
  await window.clickOn(planCheck("notes.md"));
  await window.clickOn(planCheck("page.html"));
  await window.click(`plan-rename-${first}`);
  await fillIn(window, "plan-name-input", "made/new.py");
  await planRow("made/new.py").waitForExist({ timeout: SOON_MS });
  await window.browser.waitUntil(async () => /2/.test(await window.text(window.get("export-write"))), { timeout: SOON_MS });
  await window.click("plan-notes.md");
  await saveScreenshot(window, "history 5 export plan");
  await writeExport(window);
  assert.equal(readFileSync(join(home.exportDir, "made", "new.py"), "utf8"), finals()[first]);
  assert.equal(readFileSync(join(home.exportDir, "notes.md"), "utf8"), finals()["notes.md"]);
  assert.equal(existsSync(join(home.exportDir, "page.html")), false, "it was taken out");
  assert.notDeepEqual(snapshot(home.exportDir), before);
  await undoExport(window);
  await saveScreenshot(window, "history 6 export undone");
  assert.deepEqual(snapshot(home.exportDir), before);
  await window.click("export-close");
});

test("a file that was edited by hand is not overwritten unasked", { timeout: 2 * MINUTE }, async () => {
  const [first, content] = Object.entries(finals())[0];
  await openExport();
  await writeExport(window);
  await window.click("export-close");
  await openExport();
  assert.equal(await actionOf(first), "same");
  await closeDialog(window, "export-write");
  writeFileSync(join(home.exportDir, first), `${content}# by hand\n`);
  await openExport();
  assert.equal(await actionOf(first), "conflict");
  assert.equal(await planRow(first).$('input[type="checkbox"]').isSelected(), false);
  await window.click(`plan-${first}`);
  await window.browser.$(".diff .diff-remove").waitForDisplayed({ timeout: SOON_MS });
  await saveScreenshot(window, "history 7 conflict");
  await closeDialog(window, "export-write");
});

const total = async () => ((await window.get("runs-table").isExisting()) ? Number(await window.get("runs-table").getAttribute("data-total")) : 0);
const untilTotal = (wanted) => {
  const fits = (seen) => (typeof wanted === "function" ? wanted(seen) : seen === wanted);
  return window.until(total, fits, (seen) => `${seen} runs are listed, not ${wanted}`, { timeout: SOON_MS });
};

test("thousands of runs are scrolled, searched, narrowed and marked", { timeout: 3 * MINUTE }, async () => {
  await window.goTo("runs");
  await untilTotal(MANY + 3);
  await window.browser.$('[data-testid^="run-row-"]').waitForDisplayed();
  const rows = () => window.browser.execute(() => document.querySelectorAll(".run-row").length);
  assert.ok((await rows()) < 80, "only what is in view is on the page");
  // Down to the oldest one, in strides that skip pages.
  for (const part of [0.2, 0.5, 0.8, 1]) {
    await window.browser.execute((part) => {
      const box = document.querySelector(".run-scroll");
      box.scrollTop = (box.scrollHeight - box.clientHeight) * part;
    }, part);
    await window.browser.waitUntil(() => window.browser.execute(() => document.querySelectorAll('.run-row[aria-busy="true"], .run-row-to-come').length === 0), {
      timeout: SOON_MS,
      timeoutMsg: `the rows at ${part} of the list never came`,
    });
  }
  const oldest = window.browser.$(`.run-row[data-place="${MANY + 2}"]`);
  await oldest.waitForDisplayed({ timeout: SOON_MS });
  assert.match(await window.text(oldest), new RegExp(`Form ${MANY}`));
  assert.ok((await rows()) < 80);
  await saveScreenshot(window, "history 8 the oldest run");

  await window.type(window.get("runs-search"), "quok rottn");
  await untilTotal((seen) => seen <= 1);
  await window.type(window.get("runs-search"), "rottnest quok");
  await untilTotal(1);
  // The snippet of what was typed before may stand there for a moment.
  const marked = () => window.browser.execute(() => [...document.querySelectorAll(".snippet mark")].map((mark) => mark.textContent));
  const both = (marks) => marks.some((text) => /^quokka$/i.test(text)) && marks.some((text) => /^rottnest$/i.test(text));
  await window.until(marked, both, (marks) => `what was searched for is not marked, only ${marks}`, { timeout: SOON_MS });
  await saveScreenshot(window, "history 9 search");
  await window.click("runs-clear");
  await untilTotal(MANY + 3);

  await window.click(`favourite-${runId}`);
  await window.browser.$(`[data-testid="favourite-${runId}"][aria-pressed="true"]`).waitForExist({ timeout: SOON_MS });
  await window.click("runs-favourites");
  await untilTotal(1);
  await window.click("runs-clear");
  await chooseOption(window, "runs-filter", "Failed");
  await untilTotal(0);
  await window.click("runs-clear");
  await chooseOption(window, "runs-time", "Today");
  await untilTotal((seen) => seen >= 1 && seen < MANY);
  await window.click("runs-clear");
  await untilTotal(MANY + 3);
  assert.equal(home.run(runId).favourite, true);
});

test("runs are selected, compared, deleted and brought back", { timeout: 2 * MINUTE }, async () => {
  await window.goTo("runs");
  await untilTotal(MANY + 3);
  await window.get(`select-${runId}`).waitForExist({ timeout: SOON_MS });
  const [one, two] = await window.browser.execute(() =>
    [...document.querySelectorAll('[data-testid^="select-"]')].slice(0, 2).map((box) => box.dataset.testid.slice("select-".length)),
  );
  await window.click(`select-${one}`);
  await window.click(`select-${two}`);
  await window.browser.waitUntil(async () => /2/.test(await window.text(window.get("runs-selected"))), { timeout: SOON_MS });
  await saveScreenshot(window, "history 10 two selected");
  await window.click("runs-compare");
  await window.get(`compare-${one}`).waitForDisplayed({ timeout: SOON_MS });
  await window.get(`compare-${two}`).waitForDisplayed();
  await saveScreenshot(window, "history 11 compared");

  await window.goTo("runs");
  await untilTotal(MANY + 3);
  await window.click(`delete-${two}`);
  await untilTotal(MANY + 2);
  assert.equal(await window.get(`run-row-${two}`).isExisting(), false);
  assert.throws(() => home.run(two));
  await saveScreenshot(window, "history 12 deleted");
  await press(window, "Control", "z");
  await untilTotal(MANY + 3);
  await window.get(`run-row-${two}`).waitForDisplayed({ timeout: SOON_MS });
  assert.equal(home.run(two).run_id, two);

  await window.click(`select-${one}`);
  await window.click(`select-${two}`);
  await window.click("runs-delete-selected");
  await untilTotal(MANY + 1);
  await window.clickOn("//*[@data-sonner-toast and contains(., 'Deleted 2 runs')]//button[contains(., 'Undo')]");
  await untilTotal(MANY + 3);
});

const shell = (line) => execFileSync("sh", ["-c", line], { encoding: "utf8", stdio: "pipe" });

test("settings hold at once, and the server answers the line that they show", { timeout: 3 * MINUTE }, async () => {
  await window.goTo("settings");
  await window.get("group-appearance").waitForDisplayed();
  await segment(window, '[data-testid="group-appearance"]', "dark");
  await segment(window, '[data-testid="group-appearance"]', "es");
  await untilLook(window, "dark", "es");
  await window.get("group-appearance").waitForDisplayed();
  await saveScreenshot(window, "history 13 settings es dark");
  await segment(window, '[data-testid="group-appearance"]', "light");
  await segment(window, '[data-testid="group-appearance"]', "en");
  await untilLook(window, "light", "en");

  await fillIn(window, "threads", "999");
  await window.browser.$('[data-testid="threads"][aria-invalid="true"]').waitForExist({ timeout: SOON_MS });
  await fillIn(window, "threads", "1");
  await window.browser.$('[data-testid="threads"]:not([aria-invalid])').waitForExist({ timeout: SOON_MS });
  assert.equal(await window.browser.$$('[data-testid="privacy-table"] tbody tr').length, 7);
  // The contents lead to a group, and the window around it stays where it is.
  await window.clickOn(".settings-contents li:nth-last-child(3) button");
  const top = (css) => window.browser.execute((css) => document.querySelector(css).getBoundingClientRect().y, css);
  await window.browser.waitUntil(async () => (await top("#group-privacy")) < 400, { timeout: SOON_MS });
  assert.equal(await top(".window"), 0);
  await saveScreenshot(window, "history 14 privacy");

  const token = "a-token-for-the-window-test";
  const tokenFile = join(home.root, "token of the test");
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  const port = await freePort();
  await fillIn(window, "server-port", port);
  await fillIn(window, "server-token-file", tokenFile);
  await window.click("server-switch");
  await window.browser.$('[data-testid="server-state"][data-state="listening"]').waitForExist({ timeout: SOON_MS });
  await window.browser.waitUntil(async () => (await window.text(window.get("server-curl"))).includes(`:${port}/`), { timeout: SOON_MS });
  const line = await window.text(window.get("server-curl"));
  await window.get("server-curl").scrollIntoView();
  await saveScreenshot(window, "history 15 server");
  assert.equal(line.includes(token), false, "the token stands in its file alone");
  assert.equal(JSON.parse(shell(line)).models.length, 4);
  const bare = await fetch(`http://127.0.0.1:${port}/api/v1/orchestrator/settings`);
  assert.equal(bare.status, 401);
  const settings = await (await fetch(bare.url, { headers: { authorization: `Bearer ${token}` } })).json();
  assert.equal(settings.threads, 1);
  await window.click("server-switch");
  await window.browser.$('[data-testid="server-state"][data-state="off"]').waitForExist({ timeout: SOON_MS });
});

test("the end of a long run that nobody looks at is told, and a new project has its folder and runs of its own", { timeout: 2 * MINUTE }, async () => {
  await window.click("project-switcher");
  await window.click("project-new");
  await window.type(window.get("project-name"), "Shop");
  await window.click("project-choose-folder");
  await window.browser.waitUntil(async () => (await window.get("project-folder").getValue()) === home.exportDir, { timeout: SOON_MS });
  await saveScreenshot(window, "history 16 new project");
  await window.click("project-save");
  await window.browser.waitUntil(async () => /Shop/.test(await window.text(window.get("project-switcher"))), { timeout: SOON_MS });

  await window.goTo("runs");
  await window.get("runs-table").waitForExist({ reverse: true, timeout: SOON_MS });
  await openFile(window, home, page("Counter", "Write a counter"));
  await window.click("run-button");
  await window.get("run-status").waitForDisplayed({ timeout: SOON_MS });
  // The user works in another program meanwhile.
  python("take_focus.py");
  await window.browser.waitUntil(async () => !(await window.browser.execute(() => document.hasFocus())), { timeout: SOON_MS, timeoutMsg: "the window keeps the focus" });
  await window.waitForStatus("SUCCESS", MINUTE);
  assert.equal(await window.text(window.get("run-project")), "Shop");
  const { run_id: own, started_at: started, finished_at: finished } = home.run();
  assert.ok(Date.parse(finished) - Date.parse(started) >= 10_000, "the run is too short to be told of");
  await window.browser.waitUntil(async () => existsSync(notifications()), { timeout: SOON_MS, timeoutMsg: "nothing was told" });
  const told = readFileSync(notifications(), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(told.length, 1);
  assert.match(told[0].title, /Counter/);
  assert.equal(told[0].route, `/runs/${own}`);
  python("take_focus.py", "back");
  await window.goTo("runs");
  await untilTotal(1);
  await window.get(`run-row-${own}`).waitForDisplayed();
  await saveScreenshot(window, "history 17 runs of the project");

  await window.click("project-switcher");
  const other = window.browser.$('[data-testid="project-menu"] [role="menuitemradio"][aria-checked="false"]');
  await other.waitForClickable();
  await other.click();
  await untilTotal(MANY + 3);
  assert.equal(await window.get(`run-row-${own}`).isExisting(), false);
  await segment(window, ".run-filters", "all");
  await untilTotal(MANY + 4);
});
