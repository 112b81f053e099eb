import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { CatalogView } from "@/api/getModels";
import { expectAccessible } from "@/test/axe";
import { type Call, renderApp, serveApi } from "@/test/render";
import { GetModels } from "./GetModels";
import {
  catalogFile,
  catalogModel,
  catalogView,
  fitView,
  hubView,
  repositoryView,
  transferView,
} from "./testData";

afterEach(() => vi.unstubAllGlobals());

const refusal = (status: number, code: string, detail: string) =>
  new Response(JSON.stringify({ code, detail }), { status });

async function show(catalog: CatalogView, answers = {}): Promise<Call[]> {
  const calls = serveApi({
    "GET /catalog": catalog,
    "GET /hub": hubView(),
    "POST /fit": fitView(),
    "GET /transfers": { transfers: [] },
    "GET /models": { models: [], files: [] },
    "GET /projects": { projects: [] },
    ...answers,
  });
  renderApp(<GetModels />);
  await waitFor(() => expect(screen.queryByLabelText("Loading…")).toBeNull());
  return calls;
}

const bodies = (calls: Call[], method: string, route: string) =>
  calls.filter((call) => call.method === method && call.path.endsWith(route)).map(({ body }) => body);
const asked = (calls: Call[]) => calls.filter(({ path }) => path.includes("/hub/")).map(({ path }) => path);

async function openHub() {
  await userEvent.click(screen.getByRole("radio", { name: "Search the hub" }));
}

test("a model of the catalog says what it is, whether it fits, and is downloaded in the form chosen", async () => {
  const entry = catalogModel("tiny", {
    files: [
      catalogFile("tiny-q4", { memory_bytes: 6e9 }),
      catalogFile("tiny-q8", {
        quantization: "Q8_0",
        memory_bytes: 12e9,
        size_is_estimate: true,
        size_bytes: 7e9,
      }),
    ],
    recommended_file: "tiny-q4",
  });
  const calls = await show(catalogView(entry), { "POST /downloads": transferView("t1") });
  const card = screen.getByTestId("catalog-tiny");
  expect(within(screen.getByTestId("catalog-group-CodeLlama")).getByTestId("catalog-tiny")).toBe(card);
  expect(card.textContent).toContain("6.7 B");
  expect(card.textContent).toContain("16,384 tokens");
  await waitFor(() => expect(card.textContent).toContain("Fits: needs about 6.0 GB of 8.0 GB free"));
  await userEvent.click(within(card).getByTestId("quantization-tiny"));
  await userEvent.click(await screen.findByRole("option", { name: /Q8_0/ }));
  expect(card.textContent).toContain("Close other programs first");
  await userEvent.click(screen.getByRole("button", { name: "Download about 7.0 GB: Model tiny Q8_0" }));
  await waitFor(() =>
    expect(bodies(calls, "POST", "/downloads")).toEqual([{ catalog_id: "tiny", quantization: "Q8_0" }]),
  );
  expect(asked(calls)).toEqual([]);
});

test("models that are too large are counted, not lost, and shown when asked for", async () => {
  const huge = catalogModel("huge", { files: [catalogFile("huge-q4", { memory_bytes: 40e9 })] });
  await show(catalogView(catalogModel("tiny"), huge));
  await waitFor(() => expect(screen.queryByTestId("catalog-huge")).toBeNull());
  const hidden = screen.getByTestId("catalog-hidden");
  expect(hidden.textContent).toContain("1 more model");
  await userEvent.click(within(hidden).getByRole("button"));
  expect(screen.getByTestId("catalog-huge").textContent).toContain("Too large: needs about 40 GB");
});

test("what is here already has no download button, and what is on its way shows how far", async () => {
  const here = catalogModel("here", { files: [catalogFile("here-q4", { present: true })] });
  const coming = catalogModel("coming");
  const transfer = transferView("t1", { title: "Model coming Q4_K_M" });
  await show(catalogView(here, coming), { "GET /transfers": { transfers: [transfer] } });
  expect(screen.getByTestId("get-here-here").textContent).toContain("On this machine");
  const card = screen.getByTestId("catalog-coming");
  expect((await within(card).findByTestId("get-underway")).textContent).toContain("25%");
  expect(within(card).getByRole("progressbar").getAttribute("aria-valuenow")).toBe("25");
});

test("a model whose licence must be accepted says what to do first", async () => {
  await show(catalogView(catalogModel("gated", { gated: true })));
  const card = screen.getByTestId("catalog-gated");
  expect(card.textContent).toContain("Licence must be accepted");
  const link = await within(card).findByRole("link", { name: "Open the model’s page" });
  expect(link.getAttribute("href")).toBe("https://huggingface.co/someone/gated");
  expect(card.textContent).toContain("then save a token of the same account");
});

test("a model of which no hub is known says so instead of a button", async () => {
  await show(catalogView(catalogModel("lone", { repository: null })));
  expect(screen.getByTestId("catalog-lone").textContent).toContain("Import it if you have it");
  expect(screen.queryByTestId("get-lone")).toBeNull();
});

test("a fault of the user's own catalog is told beside what can be shown", async () => {
  await show({
    ...catalogView(catalogModel("tiny")),
    own_entries_problem: {
      path: "/data/catalog.json",
      place: "$.entries[0].id",
      message: "`id` is missing.",
      remedy: "Correct the file there.",
    },
  });
  const problem = screen.getByTestId("own-problem");
  for (const part of ["`id` is missing.", "Correct the file there.", "/data/catalog.json: $.entries[0].id"])
    expect(problem.textContent).toContain(part);
  expect(screen.getByTestId("catalog-tiny")).toBeTruthy();
});

test("filters that leave nothing say so and are taken back", async () => {
  await show(catalogView(catalogModel("tiny")));
  await userEvent.type(screen.getByTestId("catalog-search"), "nonsense");
  expect(screen.getByText("No model matches")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Show all" }));
  expect(screen.getByTestId("catalog-tiny")).toBeTruthy();
});

test("a long catalog shows its first models, and more when asked", async () => {
  const entries = Array.from({ length: 70 }, (_, index) => catalogModel(`m${index}`));
  await show(catalogView(...entries));
  expect(screen.getAllByTestId(/^catalog-m\d/).length).toBe(60);
  await userEvent.click(screen.getByRole("button", { name: "Show 10 more" }));
  expect(screen.getAllByTestId(/^catalog-m\d/).length).toBe(70);
});

test("a catalog that cannot be loaded says why and is tried again", async () => {
  let broken = true;
  await show(catalogView(), {
    "GET /catalog": () =>
      broken
        ? refusal(500, "storage", "The models folder cannot be read.")
        : catalogView(catalogModel("tiny")),
  });
  expect((await screen.findByRole("alert")).textContent).toContain("The models folder cannot be read.");
  broken = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByTestId("catalog-tiny")).toBeTruthy();
});

test("the hub is asked only after the user typed and paused, once for the words", async () => {
  const repositories = [
    { repository: "someone/model-GGUF", downloads: 1234, likes: 1, gated: false, licence: "mit" },
    { repository: "other/gated", gated: true },
  ];
  const calls = await show(catalogView(), {
    "GET /hub/search": { endpoint: "https://huggingface.co", repositories },
  });
  await openHub();
  expect(screen.getByTestId("hub-notice").textContent).toContain("https://huggingface.co");
  await userEvent.type(screen.getByTestId("hub-search"), "co");
  expect(asked(calls)).toEqual([]);
  await userEvent.type(screen.getByTestId("hub-search"), "der");
  const results = await screen.findByTestId("hub-results");
  expect(asked(calls).map((path) => path.replace(/.*\?/, ""))).toEqual(["q=coder&limit=30"]);
  expect(within(results).getAllByRole("button").length).toBe(2);
  expect(results.textContent).toContain("1,234 downloads in 30 days");
  expect(screen.getByText(/2 repositories/)).toBeTruthy();
});

test("a hub that cannot be reached is told with its remedy, and asked again", async () => {
  let down = true;
  await show(catalogView(), {
    "GET /hub/search": () =>
      down
        ? refusal(502, "hub_unreachable", "The hub cannot be reached: no route. Check the network.")
        : { endpoint: "x", repositories: [] },
  });
  await openHub();
  await userEvent.type(screen.getByTestId("hub-search"), "coder");
  const fault = await screen.findByTestId("hub-fault");
  expect(fault.textContent).toContain("Check the network.");
  down = false;
  await userEvent.click(within(fault).getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Nothing found for “coder”")).toBeTruthy();
});

test("a repository lists its models by size, and a whole one is downloaded with all its parts", async () => {
  const repository = repositoryView({
    models: [
      {
        name: "big-Q8_0",
        format: "gguf",
        quantization: "Q8_0",
        size_bytes: 9e9,
        paths: ["b-1.gguf", "b-2.gguf"],
        complete: true,
      },
      {
        name: "small-Q4_0",
        format: "gguf",
        quantization: "Q4_0",
        size_bytes: 2e9,
        paths: ["small-Q4_0.gguf"],
        complete: true,
      },
      {
        name: "part-Q2_K",
        format: "gguf",
        quantization: "Q2_K",
        size_bytes: 1e9,
        paths: ["p-1.gguf"],
        complete: false,
      },
    ],
  });
  const calls = await show(catalogView(), {
    "GET /hub/repository": repository,
    "POST /downloads": transferView("t1"),
    "GET /models": { models: [], files: [{ id: "small-Q4_0" }] },
  });
  await openHub();
  await userEvent.type(screen.getByTestId("hub-search"), "someone/model-GGUF{Enter}");
  const files = await screen.findByTestId("repository-files");
  expect(
    within(files)
      .getAllByRole("listitem")
      .map((item) => item.dataset.testid),
  ).toEqual(["file-part-Q2_K", "file-small-Q4_0", "file-big-Q8_0"]);
  expect(screen.getByTestId("file-part-Q2_K").textContent).toContain("Parts are missing");
  expect(await screen.findByTestId("get-small-Q4_0-here")).toBeTruthy();
  await userEvent.click(screen.getByTestId("get-big-Q8_0"));
  await waitFor(() =>
    expect(bodies(calls, "POST", "/downloads")).toEqual([
      { repository: "someone/model-GGUF", revision: "main", paths: ["b-1.gguf", "b-2.gguf"] },
    ]),
  );
  await userEvent.click(screen.getByTestId("repository-back"));
  expect(screen.getByTestId("hub-search")).toBeTruthy();
});

test("a repository that asks for a token offers the field and its page, and is opened once it has one", async () => {
  let token: "none" | "memory" = "none";
  const calls = await show(catalogView(), {
    "GET /hub": () => hubView({ token }),
    "GET /hub/repository": () =>
      token === "none"
        ? refusal(409, "hub_token_needed", "Given only to users.")
        : repositoryView({ gated: true }),
    "PUT /hub/token": () => {
      token = "memory";
      return hubView({ token });
    },
  });
  await openHub();
  await userEvent.type(screen.getByTestId("hub-search"), "a/b{Enter}");
  const fault = await screen.findByTestId("hub-fault");
  expect(within(fault).getByRole("link", { name: /page/ }).getAttribute("href")).toBe(
    "https://huggingface.co/a/b",
  );
  await userEvent.type(screen.getByTestId("hub-token"), "hf_secret{Enter}");
  expect(await screen.findByText("No model files here")).toBeTruthy();
  expect(bodies(calls, "PUT", "/hub/token")).toEqual([{ token: "hf_secret" }]);
  expect(document.body.innerHTML).not.toContain("hf_secret");
});

test("the hub's settings are kept as they are changed, and say where the token is", async () => {
  const put = vi.fn((body) => ({ ...hubView({ token: "keyring" }), ...body }));
  const calls = await show(catalogView(), {
    "GET /hub": hubView({ token: "keyring" }),
    "PUT /hub": put,
    "DELETE /hub/token": hubView(),
  });
  const toggle = screen.getByTestId("hub-settings-toggle");
  await userEvent.click(toggle);
  expect(toggle.getAttribute("aria-expanded")).toBe("true");
  await userEvent.type(await screen.findByTestId("hub-speed"), "500{Enter}");
  await waitFor(() =>
    expect(put).toHaveBeenCalledWith({ max_downloads: 2, speed_limit_kib_s: 500 }, expect.anything()),
  );
  expect(screen.getByTestId("hub-token-state").textContent).toContain("keyring");
  await userEvent.click(screen.getByTestId("hub-token-forget"));
  await waitFor(() => expect(calls.some(({ method }) => method === "DELETE")).toBe(true));
});

test("an address from the environment is shown and cannot be changed, and the stored one stays", async () => {
  const stored = hubView({
    endpoint: "https://mirror.example",
    endpoint_from: "environment",
    stored_endpoint: "https://own.example",
  });
  const calls = await show(catalogView(), { "GET /hub": stored, "PUT /hub": stored });
  await userEvent.click(screen.getByTestId("hub-settings-toggle"));
  const field = (await screen.findByTestId("hub-endpoint")) as HTMLInputElement;
  expect([field.value, field.disabled]).toEqual(["https://mirror.example", true]);
  const atOnce = screen.getByTestId("hub-at-once");
  await userEvent.clear(atOnce);
  await userEvent.type(atOnce, "4{Enter}");
  await waitFor(() =>
    expect(calls.find(({ method }) => method === "PUT")?.body).toMatchObject({
      endpoint: "https://own.example",
      max_downloads: 4,
    }),
  );
});

test("an address that is refused stays to be corrected, beside the reason", async () => {
  await show(catalogView(), {
    "PUT /hub": () => refusal(422, "invalid", "`nowhere` is no address of a hub."),
  });
  await userEvent.click(screen.getByTestId("hub-settings-toggle"));
  await userEvent.type(await screen.findByTestId("hub-endpoint"), "nowhere{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("`nowhere` is no address of a hub.");
  expect((screen.getByTestId("hub-endpoint") as HTMLInputElement).value).toBe("nowhere");
});

test("names, roles and states are there for assistive technology", async () => {
  await show(
    catalogView(
      catalogModel("tiny"),
      catalogModel("gated", { gated: true, roles: ["T5Gemma", "Assembler"] }),
    ),
    {
      "GET /transfers": { transfers: [transferView("t1")] },
      "GET /hub/repository": repositoryView({
        gated: true,
        models: [{ name: "m", format: "gguf", size_bytes: null, paths: ["m.gguf"], complete: true }],
      }),
    },
  );
  await userEvent.click(screen.getByTestId("hub-settings-toggle"));
  await screen.findByTestId("hub-endpoint");
  await screen.findByTestId("transfer-t1");
  await expectAccessible();
  await openHub();
  await userEvent.type(screen.getByTestId("hub-search"), "someone/model-GGUF{Enter}");
  await screen.findByTestId("repository-files");
  await expectAccessible();
});
