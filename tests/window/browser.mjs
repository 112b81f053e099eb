// Opens the same page in a browser, as `brickwork serve --ui` serves it, signed in through the link that it prints.
import { endDriver, openSession } from "./drivers.mjs";
import { Page } from "./page.mjs";
import { serve } from "./server.mjs";

/** How long the page may take to show its first screen. */
const START_MS = 30_000;

/** A page in chromium, and the server that it came from. */
class Tab extends Page {
  constructor(browser, driver, server) {
    super(browser);
    this.driver = driver;
    this.server = server;
  }

  /** What the page's console was told since the last time, refused by its policy or failed; empty when nothing was. */
  async faults() {
    const told = await this.browser.getLogs("browser");
    return told.filter(({ level }) => level === "SEVERE" || level === "WARNING").map(({ message }) => message);
  }

  async close() {
    await this.browser.deleteSession().catch(() => {});
    await endDriver(this.driver);
    await this.server.close();
  }
}

/** Serves the data folder of `home` and opens it in a browser. */
export async function openInBrowser(home, { width = 1280, height = 800 } = {}) {
  const server = await serve(home, "--ui");
  try {
    const { browser, driver } = await openSession({
      program: "chromedriver",
      wanted: "chromium-driver",
      env: home.env,
      capabilities: {
        browserName: "chrome",
        "goog:loggingPrefs": { browser: "ALL" },
        "goog:chromeOptions": {
          args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--window-size=${width},${height}`],
        },
      },
    });
    const tab = new Tab(browser, driver, server);
    try {
      await browser.url(server.signIn ?? server.url);
      await browser.$(".window").waitForExist({ timeout: START_MS, timeoutMsg: "the page showed nothing" });
      return tab;
    } catch (error) {
      await tab.close();
      throw error;
    }
  } catch (error) {
    await server.close();
    throw error;
  }
}
