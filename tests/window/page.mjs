// What a person can do with the page, whether it is in the desktop window or in a browser.

/** The open page, used as a person would: it is clicked and typed into, and its text is read. */
export class Page {
  constructor(browser) {
    this.browser = browser;
  }

  /** The element with this test id. */
  get(id) {
    return this.browser.$(`[data-testid="${id}"]`);
  }

  click(id) {
    return this.clickOn(`[data-testid="${id}"]`);
  }

  /** Clicks on what the selector finds. */
  clickOn(selector) {
    return this.clickElement(() => this.browser.$(selector));
  }

  /** Clicks on what `find` gives. It is looked for again when the page moves, scrolls or redraws it in that very moment. */
  async clickElement(find) {
    for (let tries = 1; ; tries += 1) {
      const element = find();
      await element.waitForClickable();
      try {
        return await element.click();
      } catch (error) {
        if (tries === 20 || !/stale element|not interactable|click intercepted|wasn't found/i.test(`${error.name} ${error.message}`)) throw error;
        await this.browser.pause(100);
      }
    }
  }

  /** Opens a screen from the rail and waits until it is there; a screen that was not open before may have to be loaded. */
  async goTo(screen) {
    await this.click(`nav-${screen}`);
    await this.browser.$(`main[data-screen="${screen}"]:not([aria-busy])`).waitForExist();
  }

  /** Replaces what stands in a field or an editor by typing. */
  async type(element, text) {
    await element.waitForDisplayed();
    await this.clickElement(() => element);
    await this.browser.keys(["Control", "a"]);
    await this.browser.keys("Delete");
    await this.enter(text);
  }

  /** Types where the focus is. */
  async enter(text) {
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

  waitForAttribute(name, wanted, timeout) {
    const attribute = () => this.get("run-status").getAttribute(name);
    return this.until(attribute, (seen) => seen === wanted, (seen) => `the run never became ${wanted}; it is ${seen}`, { timeout, interval: 250 });
  }

  /** Waits until the step at `position` of the run on screen runs. */
  async waitForRunning(position, options) {
    await this.browser.$(`[data-testid="step-${position}"][data-status="RUNNING"]`).waitForExist(options);
  }

  /** Waits until the text of the shown step has been seen at three lengths. */
  async waitForStream(timeout) {
    const lengths = new Set();
    await this.browser.waitUntil(
      async () => {
        const output = this.browser.$('pre[data-testid="step-output"]');
        if (await output.isExisting()) lengths.add((await this.text(output)).length);
        return lengths.size >= 3;
      },
      { timeout, interval: 50, timeoutMsg: "the step's text did not stream in" },
    );
  }

  /** Waits until `look` answers what `fits` accepts. A failure says by `told` what was seen last. */
  async until(look, fits, told, options) {
    let seen;
    const fitting = async () => {
      seen = await look();
      return fits(seen);
    };
    await this.browser.waitUntil(fitting, options).catch((cause) => {
      throw new Error(told(seen), { cause });
    });
  }

  route() {
    return this.browser.execute(() => window.location.hash);
  }

  /** Leads to a place such as `/runs/ID` without waiting for it. */
  async setRoute(path) {
    await this.browser.execute((hash) => {
      window.location.hash = hash;
    }, path);
  }

  /** The run that the route names. */
  async runId() {
    return decodeURIComponent((await this.route()).split("/").at(-1));
  }
}
