// Opens the real window under WebDriver, with everything that it writes in a temporary folder.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endDriver, openSession } from "./drivers.mjs";
import { Page } from "./page.mjs";
import { appProgram, cliProgram, modelsDir } from "./places.mjs";
import { childrenOf, end, isAlive, waitUntilGone } from "./processes.mjs";
import { python } from "./scripts.mjs";

/** How long the window may take to show its first screen. */
const START_MS = 60_000;

/** A temporary machine: its data folder, its settings, and the folder and the file that the window's dialogs choose, to export to and to
 * import from. Removed with `remove`. `extra` are further variables of its environment. */
export function machine(extra = {}) {
  const root = mkdtempSync(join(tmpdir(), "brickwork-window-"));
  const folder = (name) => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const dataDir = join(root, "data");
  const exportDir = folder("exported");
  const importFile = join(root, "import.json");
  // Programs must not see the folders of the person who runs the tests, and write nothing there.
  const env = {
    ...process.env,
    BRICKWORK_DATA_DIR: dataDir,
    BRICKWORK_MODELS_DIR: modelsDir(),
    BRICKWORK_TEST_FOLDER: exportDir,
    BRICKWORK_TEST_FILE: importFile,
    // No test asks a hub, or puts a key where it would stay.
    BRICKWORK_SECRETS: "memory",
    HF_ENDPOINT: "http://127.0.0.1:9",
    XDG_DATA_HOME: folder("xdg-data"),
    XDG_CONFIG_HOME: folder("xdg-config"),
    XDG_CACHE_HOME: folder("xdg-cache"),
    XDG_STATE_HOME: folder("xdg-state"),
    LANG: "en_US.UTF-8",
    LANGUAGE: "en",
    TAURI_WEBVIEW_AUTOMATION: "true",
    // Nothing of a test's window is of use to the next one.
    MESA_SHADER_CACHE_DISABLE: "true",
    ...extra,
  };
  delete env.HF_TOKEN;
  // The program itself decides how it is drawn.
  delete env.WEBKIT_DISABLE_DMABUF_RENDERER;
  delete env.WEBKIT_DISABLE_COMPOSITING_MODE;

  /** Runs `brickwork ARGS` on this machine with `input` on its standard input, and answers its standard output. */
  function cliWithInput(input, ...args) {
    return execFileSync(cliProgram(), args, { env, cwd: root, input, encoding: "utf8", stdio: "pipe", maxBuffer: 1 << 28 });
  }
  const cli = (...args) => cliWithInput("", ...args);
  const run = (id = "latest") => JSON.parse(cli("runs", "show", id, "--json"));
  return {
    root,
    dataDir,
    exportDir,
    importFile,
    cli,
    cliWithInput,
    /** The scripted placeholder serves every role from now on, so that runs take no time. */
    bindScripted() {
      for (const role of ["CodeLlama", "CodeGemma", "T5Gemma", "Assembler"]) cli("models", "bind", role, "scripted");
    },
    /** The models are in an empty folder of the machine's own from now on, so that a test may write there. */
    ownModels() {
      env.BRICKWORK_MODELS_DIR = folder("models");
    },
    run,
    /** Runs a pipeline to its end without the window, and answers the run. */
    runPipeline(pipeline) {
      cliWithInput(JSON.stringify(pipeline), "run", "-", "--json");
      return run();
    },
    /** Adds `count` older copies of the newest run to the history. */
    addRuns: (count) => python("many_runs.py", join(dataDir, "brickwork.db"), count),
    open: (options) => openWindow(env, options),
    env,
    remove: () => removeFolder(root),
  };
}

/** Removes a folder in which a process that is just ending may still write: what it adds meanwhile is found by the next look. */
function removeFolder(path) {
  for (let tries = 1; ; tries += 1) {
    try {
      return rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if (tries === 100 || error.code !== "ENOTEMPTY") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
}

async function openWindow(env, { args = [] } = {}) {
  const { browser, driver } = await openSession({
    program: "WebKitWebDriver",
    wanted: "webkit2gtk-driver",
    env,
    capabilities: { "webkitgtk:browserOptions": { binary: appProgram(), args } },
  });
  const opened = new Window(browser, driver, childrenOf(driver.pid)[0]?.id);
  try {
    await browser.$(".window").waitForExist({ timeout: START_MS, timeoutMsg: "the window showed nothing" });
    return opened;
  } catch (error) {
    await endDriver(driver);
    throw error;
  }
}

/** Waits until the session's bus has noticed that a killed program is gone; until then the next start would hand itself over to it. */
async function untilForgotten() {
  const ask = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.ListNames"];
  const limit = Date.now() + 10_000;
  while (execFileSync("dbus-send", ask, { encoding: "utf8" }).includes("SingleInstance") && Date.now() < limit) await sleep(50);
}

/** The open window and the program that it belongs to. */
class Window extends Page {
  constructor(browser, driver, appId) {
    super(browser);
    this.driver = driver;
    this.appId = appId;
  }

  /** Gives the program a command as the page may, and answers whether it was `answered` or `refused`, with the value or the reason. */
  invoke(command, args) {
    return this.browser.executeAsync(
      (name, body, done) => {
        window.__TAURI_INTERNALS__.invoke(name, body).then(
          (value) => done({ kind: "answered", value }),
          (error) => done({ kind: "refused", reason: String(error) }),
        );
      },
      command,
      args,
    );
  }

  /** Ends the program at once, without a chance to do anything about it. */
  async kill() {
    end(this.appId);
    await waitUntilGone(this.appId, 5_000);
    await endDriver(this.driver);
    await untilForgotten();
  }

  /** Closes the window as a person would, and waits until its program has ended. */
  async close() {
    if (this.appId !== undefined && isAlive(this.appId)) {
      // Ending the session would kill the program, which could then put nothing in order.
      python("ask_to_close.py", this.appId);
      if (!(await waitUntilGone(this.appId, 10_000))) end(this.appId);
    }
    // With its window the session is gone too, mostly.
    await this.browser.deleteSession().catch(() => {});
    await endDriver(this.driver);
  }
}
