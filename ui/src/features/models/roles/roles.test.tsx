import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useModelList } from "@/api/models";
import { expectAccessible } from "@/test/axe";
import { type Call, renderApp, serveApi } from "@/test/render";
import { file, fitView, list, remote, role } from "../fixtures";
import { showPart, useModelsView } from "../view";
import { choices } from "./choices";
import { adviceText, placesOf } from "./fit";
import { RolesPane } from "./RolesPane";

beforeEach(() => showPart("roles"));
afterEach(() => vi.unstubAllGlobals());

function Pane() {
  return <RolesPane list={useModelList()} />;
}

async function show(models = [role("CodeLlama")], files = [file("tiny")], answers = {}): Promise<Call[]> {
  const answer = list(models, files);
  const calls = serveApi({
    "GET /models": answer,
    "POST /fit": fitView(),
    ...Object.fromEntries(models.map(({ name }) => [`PUT /models/${name}/binding`, answer])),
    ...Object.fromEntries(models.map(({ name }) => [`PUT /models/${name}/options`, answer])),
    ...answers,
  });
  renderApp(<Pane />);
  await screen.findByTestId(`role-${models[0]?.name}`);
  return calls;
}

const sent = (calls: Call[], method: string, route: string) =>
  calls.filter((call) => call.method === method && call.path.includes(route)).map(({ body }) => body);

async function open(testId: string) {
  await userEvent.click(screen.getByTestId(testId));
  return screen.findAllByRole("option");
}

test("a card tells the specification's words, the file, and whether it fits in figures", async () => {
  await show();
  const card = screen.getByTestId("role-CodeLlama");
  expect(card.textContent).toContain("Specification's words on CodeLlama");
  expect(card.textContent).toContain("code generation, bug fixing");
  expect(card.textContent).toContain("/models/tiny.gguf");
  const room = await screen.findByTestId("fit-CodeLlama");
  expect(room.textContent).toContain("Needs 5.1 GB of 13 GB free");
  expect(room.textContent).toContain("Weights 4.0 GB");
  expect(room.textContent).toContain("Fits");
});

test("files are chosen from; those that cannot run say why and cannot be chosen", async () => {
  const calls = await show(undefined, [
    file("tiny"),
    file("second"),
    file("broken", { problem: "It is cut off. Get it again.", runnable: false }),
    file("t5", { format: "safetensors", runnable: false }),
  ]);
  const options = await open("bind-CodeLlama");
  const broken = options.find((option) => option.textContent?.includes("broken"));
  expect(broken?.textContent).toContain("It is cut off. Get it again.");
  expect(broken?.getAttribute("aria-disabled")).toBe("true");
  expect(options.find((option) => option.textContent?.includes("t5"))?.getAttribute("aria-disabled")).toBe(
    "true",
  );
  await userEvent.click(screen.getByRole("option", { name: /second/ }));
  await waitFor(() => expect(sent(calls, "PUT", "/binding")).toEqual([{ id: "second" }]));
});

test("of very many files those that can run are offered, and the rest is told", () => {
  const many = Array.from({ length: 1000 }, (_, place) => file(`m${place}`, { runnable: place > 900 }));
  const offered = choices(role("CodeLlama", { id: "m950" }), many);
  expect(offered.length).toBe(200 + 4);
  expect(offered[0]?.disabled).toBe(false);
  expect(offered.find(({ label }) => label === "800 more files")?.disabled).toBe(true);
});

test("the default and the placeholder can be chosen by their names", async () => {
  const calls = await show();
  await open("bind-CodeLlama");
  await userEvent.click(screen.getByRole("option", { name: /Placeholder/ }));
  await open("bind-CodeLlama");
  await userEvent.click(screen.getByRole("option", { name: /Default model/ }));
  await waitFor(() =>
    expect(sent(calls, "PUT", "/binding")).toEqual([{ id: "scripted" }, { id: "default" }]),
  );
});

test("what does not fit says what would, and does it", async () => {
  const advice = [
    { code: "shorter_context", text: "x", context_tokens: 2048 },
    { code: "smaller_quantization", text: "x", file_id: "tiny-q2", quantization: "Q2_K", size_bytes: 3e9 },
  ];
  const calls = await show([role("CodeGemma", {}, { options: { device: "CPU" } })], undefined, {
    "POST /fit": fitView({ verdict: "does_not_fit", advice }, { available_bytes: 2e9 }),
  });
  const room = await screen.findByTestId("fit-CodeGemma");
  expect(room.textContent).toContain("Does not fit");
  expect(room.textContent).toContain("Needs 5.1 GB of 3.0 GB free");
  expect(room.textContent).toContain("Q2_K, 3.0 GB");
  await userEvent.click(within(room).getByRole("button", { name: "Use it" }));
  await waitFor(() =>
    expect(sent(calls, "PUT", "/options")).toEqual([{ device: "CPU", context_tokens: 2048 }]),
  );
  await userEvent.click(within(room).getByRole("button", { name: "Get models" }));
  expect(useModelsView.getState().part).toBe("get");
});

test("a problem is told with its remedy, and nothing is asked of memory then", async () => {
  const problem = "tiny.gguf is missing. Choose another file.";
  const calls = await show([role("T5Gemma", { present: false, path: "", problem })]);
  expect(screen.getByTestId("problem-T5Gemma").textContent).toContain(problem);
  expect(sent(calls, "POST", "/fit")).toEqual([]);
});

test("options are a number or automatic, and only devices that there are can be chosen", async () => {
  const calls = await show([role("CodeLlama", {}, { options: { context_tokens: 1024 } })]);
  await screen.findByTestId("fit-CodeLlama");
  const fold = screen.getByTestId("options-CodeLlama");
  expect(fold.textContent).toContain("1,024 tokens");
  await userEvent.click(fold);
  expect(screen.queryByTestId("layers-CodeLlama")).toBeNull();
  const devices = await open("device-CodeLlama");
  expect(devices.map((option) => option.textContent)).toEqual([
    expect.stringContaining("automatic"),
    expect.stringContaining("A processor"),
  ]);
  await userEvent.click(screen.getByRole("option", { name: /A processor/ }));
  await waitFor(() =>
    expect(sent(calls, "PUT", "/options")).toEqual([{ context_tokens: 1024, device: "CPU" }]),
  );
  await userEvent.clear(screen.getByTestId("context-CodeLlama"));
  await userEvent.tab();
  await waitFor(() => expect(sent(calls, "PUT", "/options").at(-1)).toEqual({}));
});

test("a role that a server plays is marked, and its text said to leave this machine", async () => {
  const calls = await show([role("CodeGemma", { id: "qwen", path: remote.base_url, remote })]);
  const card = screen.getByTestId("role-CodeGemma");
  expect(screen.getByTestId("sent-CodeGemma").textContent).toContain("text is sent to gpu.example.org");
  expect(card.textContent).toContain("leaves this machine");
  expect(screen.getByTestId("bind-CodeGemma").textContent).toContain("qwen");
  expect(sent(calls, "POST", "/fit")).toEqual([]);
});

test("a server is checked, one of its models chosen, and the key kept before the role is bound", async () => {
  const answer = {
    base_url: "http://10.0.0.2:8080/v1",
    host: "10.0.0.2:8080",
    this_machine: false,
    reachable: true,
    server: "llama_cpp",
    models: [{ id: "qwen", context_length: 32768 }, { id: "gemma" }],
    latency_ms: 12,
    with_key: true,
  };
  const calls = await show(undefined, undefined, {
    "POST /remotes/check": answer,
    "PUT /remotes/key": { origin: "http://10.0.0.2:8080", has_key: true, kept_in: "keyring" },
  });
  await open("bind-CodeLlama");
  await userEvent.click(screen.getByRole("option", { name: /Connect a server/ }));
  const address = await screen.findByTestId("connect-address");
  await userEvent.type(address, "http://10.0.0.2:8080");
  const key = screen.getByTestId("connect-key");
  expect(key.getAttribute("type")).toBe("password");
  await userEvent.type(key, "secret");
  await userEvent.click(screen.getByTestId("connect-check"));
  expect((await screen.findByTestId("connect-answered")).textContent).toContain(
    "llama.cpp answered in 12 ms with 2 models. It took the key.",
  );
  expect(sent(calls, "POST", "/remotes/check")).toEqual([
    { base_url: "http://10.0.0.2:8080", key: "secret" },
  ]);
  expect(screen.getByTestId("connect-leaving").textContent).toContain("10.0.0.2:8080");
  expect(screen.getByTestId("connect-use").hasAttribute("disabled")).toBe(true);
  await open("connect-model");
  await userEvent.click(screen.getByRole("option", { name: /gemma/ }));
  await userEvent.click(screen.getByTestId("connect-use"));
  await waitFor(() => expect(screen.queryByTestId("connect-dialog")).toBeNull());
  const puts = calls.filter(({ method }) => method === "PUT");
  expect(puts.map(({ body }) => body)).toEqual([
    { base_url: "http://10.0.0.2:8080", key: "secret" },
    { remote: { base_url: "http://10.0.0.2:8080", model: "gemma" } },
  ]);
});

test("a server that does not answer says why, and its model can still be named", async () => {
  const message = "10.0.0.2 does not answer. Start it, or correct the address.";
  const calls = await show([role("CodeGemma", { id: "qwen", path: remote.base_url, remote })], undefined, {
    "POST /remotes/check": {
      base_url: remote.base_url,
      host: remote.host,
      this_machine: false,
      reachable: false,
      server: "unknown",
      models: [],
      with_key: true,
      problem: { code: "remote_unreachable", message },
    },
    "DELETE /remotes/key": { origin: "https://gpu.example.org", has_key: false, kept_in: "keyring" },
  });
  await userEvent.click(screen.getByTestId("server-CodeGemma"));
  await userEvent.click(await screen.findByTestId("connect-check"));
  expect((await screen.findByTestId("connect-trouble")).textContent).toContain(message);
  expect((screen.getByTestId("connect-model") as HTMLInputElement).value).toBe("qwen");
  await userEvent.click(screen.getByTestId("connect-forget"));
  await waitFor(() =>
    expect(calls.find(({ method }) => method === "DELETE")?.path).toContain(
      `base_url=${encodeURIComponent(remote.base_url)}`,
    ),
  );
  await expectAccessible();
});

test("keys and values in fewer bits need flash attention", async () => {
  const calls = await show([role("CodeLlama", {}, { options: { flash_attention: false } })]);
  const fold = screen.getByTestId("options-CodeLlama");
  expect(fold.textContent).toContain("flash attention off");
  await userEvent.click(fold);
  await open("cache-CodeLlama");
  await userEvent.click(screen.getByRole("option", { name: /8 bits/ }));
  await waitFor(() => expect(sent(calls, "PUT", "/options")).toEqual([{ cache_type: "q8_0" }]));
  const choices = await open("flash-CodeLlama");
  expect(choices.map((option) => option.textContent)).toEqual([
    expect.stringContaining("automatic"),
    expect.stringContaining("on"),
    expect.stringContaining("off"),
  ]);
  await userEvent.click(screen.getByRole("option", { name: "off" }));
  await waitFor(() => expect(sent(calls, "PUT", "/options").at(-1)).toEqual({ flash_attention: false }));
});

test("another file of the folder can guess ahead; one that has gone stays named", async () => {
  const calls = await show(
    [role("CodeLlama", {}, { options: { draft_model: "gone" } })],
    [
      file("tiny"),
      file("smaller"),
      file("broken", { problem: "It is cut off." }),
      file("t5", { format: "safetensors" }),
    ],
  );
  expect(screen.getByTestId("options-CodeLlama").textContent).toContain("guesses by gone");
  await userEvent.click(screen.getByTestId("options-CodeLlama"));
  const offered = await open("draft-CodeLlama");
  expect(offered.map((option) => option.textContent)).toEqual([
    "none",
    expect.stringContaining("smaller"),
    expect.stringContaining("gone"),
  ]);
  await userEvent.click(screen.getByRole("option", { name: /smaller/ }));
  await waitFor(() => expect(sent(calls, "PUT", "/options")).toEqual([{ draft_model: "smaller" }]));
});

test("names, roles and states are there for assistive technology", async () => {
  await show([role("CodeLlama", { stand_in: true }), role("T5Gemma", { simulated: true })]);
  await screen.findByTestId("fit-CodeLlama");
  await userEvent.click(screen.getByTestId("options-CodeLlama"));
  await expectAccessible();
});

test("models that are loaded now give way; a graphics card has a bar of its own", () => {
  const card = {
    name: "CUDA0",
    description: "A card",
    kind: "gpu",
    backend: "CUDA",
    memory_total_bytes: 24e9,
    memory_free_bytes: 20e9,
  };
  const gpu = { weights_bytes: 3e9, kv_bytes: 0, compute_bytes: 0, other_bytes: 0, total_bytes: 3e9 };
  const view = { ...fitView({ gpu }), devices: [...fitView().devices, card] };
  expect(placesOf(view, undefined).map(({ id, needed, room }) => [id, needed, room])).toEqual([
    ["machine", 5.1e9, 13e9],
    ["gpu", 3e9, 20e9],
  ]);
  expect(placesOf(fitView({}, { available_bytes: null }), undefined)[0]?.room).toBeUndefined();
});

test("advice of a kind that is not known stays as it came", () => {
  expect(adviceText({ code: "new_kind", text: "Do this." })).toBe("Do this.");
  const quantize = { code: "quantize", text: "x", quantization: "q8_0", folder: "/m/t5", size_bytes: 332e6 };
  expect(adviceText(quantize)).toContain('brickwork models quantize "/m/t5" --type q8_0');
  expect(adviceText({ code: "smaller_model", text: "x" })).toBe("Choose a smaller model.");
});

test("machines that lend their devices are named, checked while they are typed, and marked", async () => {
  const calls = await show([role("CodeLlama", {}, { options: { rpc_servers: ["gpu-box:50052"] } })]);
  expect(screen.getByTestId("spread-CodeLlama").textContent).toContain("gpu-box:50052");
  await userEvent.click(screen.getByTestId("options-CodeLlama"));
  const field = await screen.findByTestId<HTMLInputElement>("rpc-CodeLlama");
  expect(field.value).toBe("gpu-box:50052");

  await userEvent.type(field, ", second{Enter}");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(sent(calls, "PUT", "options")).toEqual([]);
  await userEvent.type(field, ":50053{Enter}");
  await waitFor(() =>
    expect(sent(calls, "PUT", "options")).toEqual([{ rpc_servers: ["gpu-box:50052", "second:50053"] }]),
  );
  await userEvent.clear(field);
  await userEvent.type(field, "{Enter}");
  await waitFor(() => expect(sent(calls, "PUT", "options").at(-1)).toEqual({}));
});
