// Pages of artifacts in the real webview: they are shown, and nothing in them acts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { home, shareWindow, window } from "./fixture.mjs";
import { saveScreenshot } from "./screenshots.mjs";

const MINUTE = 60_000;

const HOSTILE = `<script>parent.__pwned = 1; top.__pwned = 1</script>
<img src=x onerror="parent.__pwned = 2"><svg onload="parent.__pwned = 3"><circle r="20" cx="20" cy="20" fill="green"/></svg>
<a id="out" href="https://example.com/" target="_top">out</a> <a href="javascript:parent.__pwned = 4">script</a>
<meta http-equiv="refresh" content="0; url=https://example.com/"><iframe srcdoc="<script>parent.parent.__pwned = 5</script>"></iframe>
<form action="https://example.com/"><button>send</button></form>
<style>h1 { color: rgb(1, 2, 3) } body { background: url(https://example.com/pixel.png) }</style><h1>kept</h1>`;

shareWindow({ prepare: () => home.bindScripted() });

/** A request of the page to the program, as the UI makes it; answers the body's text. */
function ask(method, path, body) {
  return window.browser.executeAsync(
    (method, path, body, done) => {
      let text = "";
      const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
      const channel = transformCallback(({ message }) => {
        if (message?.kind === "data") text += message.text;
        if (message?.kind === "end") done(text);
      });
      const request = { id: crypto.randomUUID(), method, path: `/api/v1/orchestrator${path}`, headers: { "content-type": "application/json" }, body };
      invoke("api_request", { request, onFrame: `__CHANNEL__:${channel}` }).catch((error) => done(String(error)));
    },
    method,
    path,
    body,
  );
}

test("row_32_a hostile page is shown in its frame and does nothing", { timeout: 2 * MINUTE }, async () => {
  const pipeline = { name: "Pages", steps: [{ step_name: "one", model_type: "CodeGemma", prompt: "x" }] };
  const { run_id: id } = home.runPipeline(pipeline);
  const operation = { op: "add", name: "page.html", content: HOSTILE };
  await ask("POST", `/runs/${id}/artifacts/edit`, JSON.stringify({ target: { of: "final" }, operation }));
  const { artifacts } = JSON.parse(await ask("GET", `/runs/${id}/artifacts`));
  const page = artifacts.find((artifact) => artifact.name === "page.html");
  const here = await window.browser.execute(() => window.location.href);
  const seen = await window.browser.executeAsync(
    (src, done) => {
      const violated = [];
      document.addEventListener("securitypolicyviolation", (event) => violated.push(`${event.effectiveDirective} ${event.blockedURI}`));
      const frame = Object.assign(document.createElement("iframe"), { src, id: "preview" });
      frame.setAttribute("sandbox", "");
      frame.style.cssText = "position: fixed; inset: 0; width: 100%; height: 100%; background: white; z-index: 9999";
      frame.addEventListener("load", () => setTimeout(() => done({ loaded: true, violated }), 1000));
      document.body.append(frame);
      setTimeout(() => done({ loaded: false, violated }), 10_000);
    },
    `brickwork-preview://localhost/runs/${id}/artifacts/${page.id}?theme=light`,
  );
  await saveScreenshot(window, "preview of a hostile page");
  assert.deepEqual(seen, { loaded: true, violated: [] });
  const frame = await window.browser.$("#preview");
  await window.browser.switchFrame(frame);
  assert.equal(await window.browser.$("h1").getText(), "kept");
  const color = await window.browser.$("h1").getCSSProperty("color");
  assert.match(color.value.replaceAll(" ", ""), /^rgba?\(1,2,3/);
  for (const gone of ["script", "iframe", "meta[http-equiv=refresh]", "img[onerror]", "a[target]", "form[action]"]) {
    assert.equal(await window.browser.$(gone).isExisting(), false, gone);
  }
  await window.browser.$("#out").click();
  await window.browser.$("button").click();
  await sleep(500);
  await window.browser.switchFrame(null);
  assert.equal(await window.browser.execute(() => window.__pwned ?? null), null);
  assert.equal(await window.browser.execute(() => window.location.href), here);
  assert.equal((await window.browser.getWindowHandles()).length, 1);

  // The answer's own policy sandboxes the page too, where a frame forgets to.
  await window.browser.executeAsync((src, done) => {
    document.querySelector("#preview").remove();
    const frame = Object.assign(document.createElement("iframe"), { src, id: "careless" });
    frame.addEventListener("load", () => done());
    document.body.append(frame);
  }, `brickwork-preview://localhost/runs/${id}/artifacts/${page.id}`);
  await window.browser.switchFrame(await window.browser.$("#careless"));
  const inside = await window.browser.execute(() => ({ origin: self.origin, bridge: typeof window.__TAURI_INTERNALS__ }));
  assert.deepEqual(inside, { origin: "null", bridge: "undefined" });
  await window.browser.switchFrame(null);
});
