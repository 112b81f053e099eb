// Runs that are paused, resumed and queued, and the server that the settings switch on and off. The scripted placeholder serves every
// role, slowly enough to be watched.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { fillIn } from "./designed.mjs";
import { freePort } from "./drivers.mjs";
import { home, shareWindow, window } from "./fixture.mjs";
import { saveScreenshot } from "./screenshots.mjs";

const MINUTE = 60_000;
const API = "/api/v1/orchestrator";

shareWindow({ variables: { BRICKWORK_SCRIPTED_PACE_MS: "60" }, prepare: () => home.bindScripted() });

async function serverState(state) {
  await window.browser.$(`[data-testid="server-state"][data-state="${state}"]`).waitForExist({ timeout: 10_000 });
}

const openSettings = async () => {
  await window.goTo("settings");
  await window.get("server-switch").waitForExist();
};

test("a run pauses after its step and goes on when it is resumed", { timeout: 4 * MINUTE }, async () => {
  await window.click("run-example");
  await window.waitForRunning(0, { timeout: MINUTE });
  await window.click("pause-button");
  await window.get("run-pausing").waitForDisplayed();
  await saveScreenshot(window, "steer 1 pausing");
  await window.waitForState("PAUSED", MINUTE);
  assert.equal(await window.get("step-0").getAttribute("data-status"), "SUCCESS");
  assert.equal(await window.get("step-1").getAttribute("data-status"), "PENDING");
  await window.get("run-paused").waitForDisplayed();
  await saveScreenshot(window, "steer 2 paused");
  const [first] = home.run().steps;
  await window.click("resume-button");
  await window.waitForStatus("SUCCESS", 2 * MINUTE);
  const run = home.run();
  assert.deepEqual(run.steps[0], first, "the finished step ran once");
  assert.deepEqual(
    run.steps.map(({ status }) => status),
    ["SUCCESS", "SUCCESS", "SUCCESS"],
  );
});

test("a step runs again in a new run that takes over the steps before it", { timeout: 4 * MINUTE }, async () => {
  const earlier = home.run();
  await window.click("step-2");
  await window.click("rerun-from");
  await window.get("run-derived").waitForDisplayed();
  await window.waitForStatus("SUCCESS", 2 * MINUTE);
  const run = home.run();
  assert.notEqual(run.run_id, earlier.run_id);
  assert.deepEqual(
    run.steps.map(({ reused_from }) => reused_from ?? null),
    [earlier.run_id, earlier.run_id, null],
  );
  await window.click("step-0");
  await window.get("step-reused").waitForDisplayed();
  assert.equal(await window.text(window.get("step-output")), earlier.steps[0].result);
  await saveScreenshot(window, "steer 3 taken over");
});

test("the server is switched on, refuses a taken port, and is switched off", { timeout: 3 * MINUTE }, async () => {
  await openSettings();
  await serverState("off");
  const taken = createServer();
  await new Promise((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port: takenPort } = taken.address();
  await fillIn(window, "server-port", takenPort);
  await window.click("server-switch");
  await window.get("server-trouble").waitForDisplayed();
  assert.match(await window.text(window.get("server-trouble")), new RegExp(`${takenPort}`));
  await saveScreenshot(window, "steer 4 port taken");
  await window.click("server-next-port");
  await serverState("listening");
  taken.close();
  assert.equal(await window.get("server-trouble").isExisting(), false);

  const port = await freePort();
  await fillIn(window, "server-port", port);
  await window.browser.waitUntil(async () => (await window.text(window.get("server-curl"))).includes(`:${port}/`));
  assert.equal(await window.text(window.get("server-curl")), `curl http://127.0.0.1:${port}${API}/models`);
  await saveScreenshot(window, "steer 5 server on");
  const answer = await fetch(`http://127.0.0.1:${port}${API}/models`);
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).models.length, 4);

  await window.click("server-switch");
  await serverState("off");
  await assert.rejects(fetch(`http://127.0.0.1:${port}${API}/models`));
});

test("runs of another program are seen, and their order is changed", { timeout: 4 * MINUTE }, async () => {
  await openSettings();
  await fillIn(window, "server-port", await freePort());
  await window.click("server-switch");
  await serverState("listening");
  const url = (await window.text(window.get("server-curl"))).split(" ").at(-1).replace(/\/models$/, "");
  const { templates } = await (await fetch(`${url}/templates`)).json();
  const { projects } = await (await fetch(`${url}/projects`)).json();
  const ids = [];
  for (const { id: _id, ...pipeline } of templates.slice(0, 4)) {
    const answer = await fetch(`${url}/projects/${projects[0].id}/execute`, {
      method: "POST",
      headers: { "content-type": "application/json", prefer: "respond-async" },
      body: JSON.stringify(pipeline),
    });
    assert.equal(answer.status, 202);
    ids.push((await answer.json()).run_id);
  }
  const [, second, third, fourth] = ids;
  await window.goTo("runs");
  await window.click(`queue-front-${fourth}`);
  const order = async () => (await (await fetch(`${url}/queue`)).json()).waiting.map(({ run_id }) => run_id);
  await window.browser.waitUntil(async () => (await order())[0] === fourth, { timeout: 10_000 });
  assert.deepEqual(await order(), [fourth, second, third]);
  await saveScreenshot(window, "steer 6 queue");
  await window.click(`run-row-${third}`);
  await window.get("queue-place").waitForDisplayed();
  await window.browser.waitUntil(async () => (await window.text(window.get("queue-place"))) === "3rd in the queue");
  await window.click("cancel-button");
  await window.waitForStatus("CANCELLED", 10_000);
  for (const id of [fourth, second, ids[0]]) await fetch(`${url}/runs/${id}/cancel`, { method: "POST" });
});

test("a run that has ended is deleted, and that is taken back", { timeout: 2 * MINUTE }, async () => {
  const { run_id: id, name } = home.run();
  const shown = () => JSON.parse(home.cli("runs", "list", "--json")).runs.some(({ run_id }) => run_id === id);
  const offer = () => window.browser.$("[data-sonner-toast] [data-button]");
  await window.goTo("runs");
  await window.click(`delete-${id}`);
  await window.get(`run-row-${id}`).waitForExist({ reverse: true });
  await offer().waitForClickable();
  assert.ok((await window.text(window.browser.$("[data-sonner-toast]"))).includes(name), "what was deleted is named");
  assert.equal(shown(), false);
  await saveScreenshot(window, "steer 7 delete");
  await offer().click();
  await window.get(`run-row-${id}`).waitForDisplayed();
  assert.equal(shown(), true);
  assert.equal(home.run().run_id, id);
  await window.click(`delete-${id}`);
  await window.get(`run-row-${id}`).waitForExist({ reverse: true });
  assert.notEqual(home.run().run_id, id);
});
