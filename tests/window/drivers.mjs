// Starts a WebDriver program on a free port and opens a session with it.
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { remote } from "webdriverio";
import { childrenOf, end, isAlive, waitUntilGone } from "./processes.mjs";

/** Starts `program` and opens a session with `capabilities`; answers the session and the process. `wanted` is the package that
 * brings the program, for who lacks it. */
export async function openSession({ program, wanted, env, capabilities }) {
  const port = await freePort();
  const driver = spawn(program, [`--port=${port}`], { env, stdio: ["ignore", "ignore", "inherit"] });
  const failed = new Promise((_, reject) => {
    driver.once("error", (error) => reject(new Error(`${program} cannot be started (${error.message}). Install the package ${wanted}.`)));
  });
  // The failure is only of interest while the session is being opened.
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
      capabilities: { "wdio:enforceWebDriverClassic": true, ...capabilities },
    });
    retryStale(browser);
    return { browser, driver };
  } catch (error) {
    await endDriver(driver);
    throw error;
  }
}

/** Looks for an element again when the page was drawn anew just while the driver made a handle of it. */
function retryStale(browser) {
  for (const command of ["findElement", "findElements", "findElementFromElement", "findElementsFromElement"]) {
    browser.overwriteCommand(command, async (find, ...args) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await find(...args);
        } catch (error) {
          if (tries === 20 || !/Stale element found when trying to create/.test(error.message)) throw error;
          await sleep(50);
        }
      }
    });
  }
}

/** Ends a driver and whatever it started. */
export async function endDriver(driver) {
  if (driver.pid === undefined || driver.exitCode !== null || driver.signalCode !== null) return;
  const started = childrenOf(driver.pid);
  driver.kill("SIGTERM");
  if (!(await waitUntilGone(driver.pid, 3_000))) driver.kill("SIGKILL");
  for (const { id } of started) if (isAlive(id)) end(id);
}

/** A port that nothing listens at, at least for a moment. */
export function freePort() {
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
  const limit = Date.now() + 10_000;
  for (;;) {
    const answered = await new Promise((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (answered) return;
    if (Date.now() > limit) throw new Error(`the driver does not listen on port ${port}`);
    await sleep(50);
  }
}
