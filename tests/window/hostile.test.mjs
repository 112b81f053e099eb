// Model output is data: whatever it holds is shown as text, nothing runs, and the page cannot be led elsewhere.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { home, shareWindow, window } from "./fixture.mjs";
import { saveScreenshot } from "./screenshots.mjs";

const MINUTE = 60_000;

/** Lines that would do something if they were taken for more than text. The placeholder quotes them in its output. */
const HOSTILE = [
  '<img src="x" onerror="window.__pwned = 1">',
  "<script>window.__pwned = 2</script>",
  '<svg onload="window.__pwned = 3"><animate onbegin="window.__pwned = 4"/></svg>',
  "[click](javascript:window.__pwned=5) <a href='javascript:window.__pwned=6'>here</a>",
  "<iframe srcdoc='<script>parent.__pwned = 7</script>'></iframe> <style>* { display: none !important }</style>",
  "bidi \u202egnp.exe\u202c \u2066isolate\u2069 zero\u200bwidth",
  "\u001b[31mred\u001b[0m \u001b]8;;https://example.com\u0007link\u001b]8;;\u0007 \u0007bell",
  "{{constructor.constructor('window.__pwned = 8')()}} ${window.__pwned = 9}",
];

shareWindow({ prepare: () => home.bindScripted() });

const pwned = () => window.browser.execute(() => window.__pwned ?? null);
/** Elements that only hostile text could have made. */
const strangers = () => window.browser.execute(() => document.querySelectorAll("main img, main script, main iframe, main style, main animate, main a[href^='javascript']").length);

test("hostile output is shown as text", { timeout: 3 * MINUTE }, async () => {
  const [img] = HOSTILE;
  const pipeline = {
    name: `Hostile ${img}`,
    steps: [
      { step_name: "first", model_type: "CodeGemma", prompt: HOSTILE.join("\n"), parameters: { max_tokens: 2000 } },
      { step_name: "second", model_type: "T5Gemma", prompt: "{{ step_0_output }}", context: { [img]: img }, parameters: { max_tokens: 2000 } },
    ],
  };
  const run = home.runPipeline(pipeline);
  for (const line of HOSTILE) assert.ok(run.steps[0].result.includes(line), `the placeholder does not quote ${line}`);
  await window.goTo("runs");
  await window.click(`run-row-${run.run_id}`);
  await window.get("run-status").waitForDisplayed();
  assert.equal(await window.text(window.browser.$("h1")), pipeline.name);
  for (const position of [0, 1]) {
    await window.click(`step-${position}`);
    const step = run.steps[position];
    await window.browser.waitUntil(async () => (await window.text(window.get("step-output"))) === step.result, {
      timeoutMsg: `step ${position} does not show its output as it is`,
    });
    assert.equal((await window.codeLines()).join("\n"), step.artifacts[0].content.replace(/\n$/, ""));
    await saveScreenshot(window, `hostile step ${position}`);
  }
  await window.click("step-final");
  assert.equal((await window.codeLines()).join("\n"), run.final_artifacts[0].content.replace(/\n$/, ""));
  assert.equal(await strangers(), 0);
  await sleep(500);
  assert.equal(await pwned(), null);
  await window.click("edit-button");
  await window.click("step-0");
  assert.equal(await strangers(), 0);
  assert.equal(await pwned(), null, "the editor ran what the prompt holds");
});

test("hostile text that streams in is shown as text", { timeout: 3 * MINUTE }, async () => {
  const [img] = HOSTILE;
  await window.goTo("design");
  await window.click("open-gallery");
  await window.click("template-react-component");
  await window.click("step-0");
  await window.type(window.browser.$('[data-testid="step-inspector"] .cm-content'), img);
  await window.click("run-button");
  await window.get("run-status").waitForDisplayed();
  await window.waitForStatus("SUCCESS", MINUTE);
  await window.click("step-0");
  const output = await window.text(window.get("step-output"));
  assert.ok(output.includes(img), output);
  assert.equal(await strangers(), 0);
  assert.equal(await pwned(), null);
});

test("the page cannot be led elsewhere", { timeout: MINUTE }, async () => {
  const here = await window.browser.execute(() => window.location.href);
  const attempts = {
    assign: () => window.browser.execute(() => void (window.location.href = "https://example.com/")),
    file: () => window.browser.execute(() => void (window.location.href = "file:///etc/passwd")),
    data: () => window.browser.execute(() => void (window.location.href = "data:text/html,hello")),
    link: () =>
      window.browser.execute(() => {
        const link = Object.assign(document.createElement("a"), { href: "https://example.com/", target: "_blank" });
        document.body.append(link);
        link.click();
        link.remove();
      }),
    form: () =>
      window.browser.execute(() => {
        const form = Object.assign(document.createElement("form"), { action: "https://example.com/", method: "post" });
        document.body.append(form);
        form.submit();
        form.remove();
      }),
    open: () => window.browser.execute(() => void window.open("https://example.com/")),
  };
  for (const [name, attempt] of Object.entries(attempts)) {
    await attempt().catch(() => {});
    await sleep(400);
    assert.equal(await window.browser.execute(() => window.location.href), here, name);
    assert.equal((await window.browser.getWindowHandles()).length, 1, name);
  }
  assert.ok(await window.get("nav-design").isDisplayed());
});

test("the page has no more rights than it needs", { timeout: MINUTE }, async () => {
  assert.equal(await window.browser.execute(() => typeof window.__TAURI__), "undefined");
  // The content policy stops what a hole in the escaping would need next.
  const policy = await window.browser.executeAsync(async (done) => {
    const violated = [];
    document.addEventListener("securitypolicyviolation", (event) => violated.push(event.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "window.__inline = 1";
    document.body.append(script);
    const image = new Image();
    image.src = "https://example.com/pixel.png";
    const frame = Object.assign(document.createElement("iframe"), { src: "https://example.com/" });
    document.body.append(frame);
    const fetched = await fetch("https://example.com/").then(
      () => "answered",
      () => "refused",
    );
    let evaluated = "ran";
    try {
      // biome-ignore lint/security/noGlobalEval: that it does not run is what is tested.
      eval("1");
    } catch {
      evaluated = "refused";
    }
    setTimeout(() => {
      script.remove();
      frame.remove();
      done({ inline: window.__inline ?? null, fetched, evaluated, violated });
    }, 300);
  });
  assert.equal(policy.inline, null);
  assert.equal(policy.fetched, "refused");
  assert.equal(policy.evaluated, "refused");
  for (const directive of ["script-src-elem", "img-src", "frame-src", "connect-src"]) {
    assert.ok(policy.violated.includes(directive), `${directive} was not enforced: ${policy.violated}`);
  }
  // Commands of plugins that the window does not use, or uses in Rust only.
  for (const [command, args] of [
    ["plugin:opener|open_url", { url: "https://example.com/" }],
    ["plugin:opener|open_path", { path: "/" }],
    ["plugin:dialog|open", { options: {} }],
    ["plugin:fs|read_text_file", { path: "/etc/passwd" }],
    ["plugin:shell|execute", { program: "id" }],
    ["plugin:webview|create_webview_window", { options: { label: "x", url: "https://example.com" } }],
  ]) {
    const answer = await window.invoke(command, args);
    assert.equal(answer.kind, "refused", `${command}: ${JSON.stringify(answer)}`);
  }
  // A path that is no folder does not reach the file manager.
  const opened = await window.invoke("open_path", { path: "/etc/passwd" });
  assert.equal(opened.kind, "refused");
});
