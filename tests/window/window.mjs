// Opens the real window under WebDriver, with everything that it writes in a temporary folder.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { remote } from "webdriverio";
import { appProgram, cliProgram, modelsDir } from "./places.mjs";
import { childrenOf, end, isAlive, waitUntilGone } from "./processes.mjs";

/** How long the window may take to show its first screen. */
const START_MS = 60_000;

/** A temporary machine: its data folder, its settings, and a folder to export to. Removed with `remove`. `extra` are further
 * variables of its environment. */
export function machine(extra = {}) {
  const root = mkdtempSync(join(tmpdir(), "brickwork-window-"));
  const folder = (name) => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const dataDir = join(root, "data");
  const exportDir = folder("exported");
  // Programs must not see the folders of the person who runs the tests, and write nothing there.
  const env = {
    ...process.env,
    BRICKWORK_DATA_DIR: dataDir,
    BRICKWORK_MODELS_DIR: modelsDir(),
    BRICKWORK_TEST_FOLDER: exportDir,
    XDG_DATA_HOME: folder("xdg-data"),
    XDG_CONFIG_HOME: folder("xdg-config"),
    XDG_CACHE_HOME: folder("xdg-cache"),
    XDG_STATE_HOME: folder("xdg-state"),
    LANG: "en_US.UTF-8",
    LANGUAGE: "en",
    TAURI_WEBVIEW_AUTOMATION: "true",
    ...extra,
  };
  // With these set, screenshots of the webview hang.
  delete env.WEBKIT_DISABLE_DMABUF_RENDERER;
  delete env.WEBKIT_DISABLE_COMPOSITING_MODE;

  /** Runs `brickwork ARGS` on this machine with `input` on its standard input, and answers its standard output. */
  function cliWithInput(input, ...args) {
    return execFileSync(cliProgram(), args, { env, cwd: root, input, encoding: "utf8", stdio: "pipe", maxBuffer: 1 << 28 });
  }
  const cli = (...args) => cliWithInput("", ...args);
  return {
    root,
    dataDir,
    exportDir,
    cli,
    cliWithInput,
    /** The scripted placeholder serves every role from now on, so that runs take no time. */
    bindScripted() {
      for (const role of ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"]) cli("models", "bind", role, "scripted");
    },
    run: (id = "latest") => JSON.parse(cli("runs", "show", id, "--json")),
    open: (options) => openWindow(env, options),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}

async function openWindow(env, { args = [] } = {}) {
  const port = await freePort();
  const driver = spawn("WebKitWebDriver", [`--port=${port}`], { env, stdio: ["ignore", "inherit", "inherit"] });
  const failed = new Promise((_, reject) => {
    driver.once("error", (error) => reject(new Error(`WebKitWebDriver cannot be started (${error.message}). Install the package webkit2gtk-driver.`)));
  });
  // The failure is only of interest while the window is being opened.
  failed.catch(() => {});
  try {
    await Promise.race([failed, listening(port)]);
    const browser = await remote({
      hostname: "127.0.0.1",
      port,
      logLevel: "error",
      connectionRetryCount: 0,
      connectionRetryTimeout: 120_000,
      waitforTimeout: 15_000,
      waitforInterval: 100,
      capabilities: {
        "wdio:enforceWebDriverClassic": true,
        "webkitgtk:browserOptions": { binary: appProgram(), args },
      },
    });
    const opened = new Window(browser, driver, childrenOf(driver.pid)[0]?.id);
    await browser.$(".window").waitForExist({ timeout: START_MS, timeoutMsg: "the window showed nothing" });
    return opened;
  } catch (error) {
    await endDriver(driver);
    throw error;
  }
}

/** The open window, used as a person would: it is clicked and typed into, and its text is read. */
class Window {
  constructor(browser, driver, appId) {
    this.browser = browser;
    this.driver = driver;
    this.appId = appId;
  }

  /** The element with this test id. */
  get(id) {
    return this.browser.$(`[data-testid="${id}"]`);
  }

  async click(id) {
    const element = this.get(id);
    await element.waitForClickable();
    await element.click();
  }

  /** Replaces what stands in a field or an editor by typing. */
  async type(element, text) {
    await element.waitForDisplayed();
    await element.click();
    await this.browser.keys(["Control", "a"]);
    await this.browser.keys("Delete");
    // `keys` holds all keys of a text down together, which loses doubled letters.
    const actions = [...text].flatMap((value) => [
      { type: "keyDown", value },
      { type: "keyUp", value },
    ]);
    await this.browser.performActions([{ type: "key", id: "keyboard", actions }]);
    await this.browser.releaseActions();
  }

  /** The whole text of an element, also of what is scrolled out of view. */
  text(element) {
    return element.getProperty("textContent");
  }

  /** The lines that the code view shows. */
  codeLines() {
    return this.browser.execute(() => [...document.querySelectorAll('[data-testid="highlighted-code"] .code-text')].map((line) => line.textContent));
  }

  /** Waits until the run on screen has the status. */
  waitForStatus(status, timeout) {
    return this.waitForAttribute("data-status", status, timeout);
  }

  /** Waits until the run on screen stands so; unlike its status, the state tells PAUSED and INTERRUPTED. */
  waitForState(state, timeout) {
    return this.waitForAttribute("data-state", state, timeout);
  }

  async waitForAttribute(name, status, timeout) {
    let seen;
    await this.browser.waitUntil(
      async () => {
        seen = await this.get("run-status").getAttribute(name);
        return seen === status;
      },
      { timeout, interval: 250, timeoutMsg: `the run never became ${status}` },
    ).catch((error) => {
      throw new Error(`${error.message}; it is ${seen}`);
    });
  }

  route() {
    return this.browser.execute(() => window.location.hash);
  }

  /** Ends the program at once, without a chance to do anything about it. */
  async kill() {
    end(this.appId);
    await waitUntilGone(this.appId, 5_000);
    await endDriver(this.driver);
  }

  /** Closes the window as a person would, and waits until its program has ended. */
  async close() {
    if (this.appId !== undefined && isAlive(this.appId)) {
      // Ending the session would kill the program, which could then put nothing in order.
      execFileSync("python3", [fileURLToPath(new URL("ask_to_close.py", import.meta.url)), String(this.appId)]);
      if (!(await waitUntilGone(this.appId, 10_000))) end(this.appId);
    }
    // With its window the session is gone too, mostly.
    await this.browser.deleteSession().catch(() => {});
    await endDriver(this.driver);
  }
}

async function endDriver(driver) {
  if (driver.pid === undefined || driver.exitCode !== null || driver.signalCode !== null) return;
  const started = childrenOf(driver.pid);
  driver.kill("SIGTERM");
  if (!(await waitUntilGone(driver.pid, 3_000))) driver.kill("SIGKILL");
  for (const { id } of started) if (isAlive(id)) end(id);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function listening(port) {
  const end = Date.now() + 10_000;
  for (;;) {
    const answered = await new Promise((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (answered) return;
    if (Date.now() > end) throw new Error(`WebKitWebDriver does not listen on port ${port}`);
    await sleep(50);
  }
}
