import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { useModelList } from "@/api/models";
import { expectAccessible } from "@/test/axe";
import { type Call, renderApp, serveApi } from "@/test/render";
import { file, found, list, role, usage } from "../fixtures";
import { endImport, useModelsView } from "../view";
import { FilesPane } from "./FilesPane";
import { formatParams } from "./facts";
import { ImportDialog } from "./ImportDialog";

afterEach(() => {
  vi.unstubAllGlobals();
  endImport();
});

const TRANSFER = { id: "t", kind: "verify", title: "tiny", state: "running", done_bytes: 0, started_at: "" };
const NONE = { models: [], problems: [] };

function Pane() {
  return <FilesPane list={useModelList()} />;
}

async function show(files = [file("tiny")], answers = {}): Promise<Call[]> {
  const answer = list([role("CodeLlama")], files);
  const calls = serveApi({
    "GET /models": answer,
    "GET /model-files/usage": usage(),
    "GET /model-files/found": NONE,
    "POST /model-files/verify": TRANSFER,
    "POST /model-files/import": TRANSFER,
    "DELETE /model-files": answer,
    ...answers,
  });
  renderApp(<Pane />);
  await screen.findByText("The models folder takes 91 MB");
  return calls;
}

const sent = (calls: Call[], method: string, route: string) =>
  calls.filter((call) => call.method === method && call.path.includes(route)).map(({ body }) => body);

async function choose(row: number, action: string) {
  await userEvent.click(screen.getAllByTestId("file-menu")[row] as HTMLElement);
  await userEvent.click(await screen.findByTestId(`file-menu-${action}`));
}

const refusal = (status: number, detail: string) =>
  new Response(JSON.stringify({ code: "model_in_use", detail }), { status });

test("the table tells what each file is and who keeps it; the disk how much is free", async () => {
  await show([file("tiny"), file("linked", { origin: "Ollama", licence: null })]);
  const [tiny, linked] = await screen.findAllByTestId("file-row");
  expect(tiny?.textContent).toContain("135 M parameters");
  expect(tiny?.textContent).toContain("checked");
  expect(tiny?.textContent).toContain("Plays CodeLlama");
  expect(linked?.textContent).toContain("Ollama, used in place");
  expect(screen.getByTestId("models-usage").textContent).toContain("120 GB of 500 GB free");
});

test("the filter looks through everything that is shown, and says when nothing matches", async () => {
  await show([file("tiny"), file("big", { architecture: "gemma3", licence: "gemma" })]);
  await screen.findAllByTestId("file-row");
  await userEvent.type(screen.getByTestId("files-filter"), "gemma");
  expect(screen.getAllByTestId("file-row").map((row) => row.dataset.id)).toEqual(["big"]);
  await userEvent.type(screen.getByTestId("files-filter"), " nothing");
  expect(screen.getByText("No model matches")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Clear filters" }));
  expect(screen.getAllByTestId("file-row").length).toBe(2);
});

test("thousands of files are drawn a page at a time", async () => {
  await show(Array.from({ length: 1000 }, (_, place) => file(`model-${place}`)));
  expect((await screen.findAllByTestId("file-row")).length).toBe(200);
  expect(screen.getByRole("status", { name: "" }).textContent).toBe("1000 models");
  await userEvent.click(screen.getByTestId("files-more"));
  expect(screen.getAllByTestId("file-row").length).toBe(400);
});

test("without files there is a way to some", async () => {
  await show([]);
  await screen.findByText("No model files");
  await userEvent.click(screen.getByRole("button", { name: "Get models" }));
  expect(useModelsView.getState().part).toBe("get");
});

test("details show header, template, licence and checksum", async () => {
  await show(undefined, {
    "GET /model-files": {
      file: file("tiny"),
      paths: ["/models/tiny.gguf"],
      gguf: {
        version: 3,
        n_tensors: 272,
        tensor_bytes: 90_000_000,
        block_count: 30,
        head_count: 9,
        head_count_kv: 3,
        vocab_size: 49152,
        recurrent: false,
      },
      chat_template: "{% for message in messages %}",
      chat_template_bytes: 100_000,
      licence_url: "https://example.org/licence",
    },
  });
  await userEvent.click(await screen.findByRole("button", { name: "tiny" }));
  const detail = await screen.findByTestId("model-detail");
  expect(detail.textContent).toContain("9, of which 3 with keys and values");
  expect(detail.textContent).toContain("{% for message in messages %}");
  expect(detail.textContent).toContain("Only the first 64 KiB of 100 kB are shown.");
  expect(detail.textContent).toContain("ab".repeat(32));
  expect(within(detail).getByRole("button", { name: "apache-2.0" })).toBeTruthy();
  await expectAccessible();
});

test("a file is verified from its menu", async () => {
  const calls = await show();
  await screen.findAllByTestId("file-row");
  await choose(0, "verify");
  await waitFor(() => expect(sent(calls, "POST", "/verify")).toEqual([{ id: "tiny", accept: false }]));
});

test("a file is put to a role from its menu, unless it cannot run", async () => {
  const answer = list([role("CodeLlama")], [file("tiny")]);
  const calls = await show([file("tiny"), file("t5", { format: "safetensors", runnable: false })], {
    "PUT /models/T5Gemma/binding": answer,
  });
  await screen.findAllByTestId("file-row");
  await userEvent.click(screen.getAllByTestId("file-menu")[1] as HTMLElement);
  await screen.findByTestId("file-menu-verify");
  expect(screen.queryByTestId("file-menu-serve-T5Gemma")).toBeNull();
  await userEvent.keyboard("{Escape}");
  await choose(0, "serve-T5Gemma");
  await waitFor(() => expect(sent(calls, "PUT", "/binding")).toEqual([{ id: "tiny" }]));
});

test("a changed file says that it is not used, and is accepted only after asking", async () => {
  const changed = usage();
  changed.models = changed.models.map((model) => ({ ...model, checked: "changed" }));
  const calls = await show(undefined, { "GET /model-files/usage": changed });
  expect((await screen.findAllByTestId("file-row"))[0]?.textContent).toContain("so it is not used");
  await choose(0, "accept");
  await userEvent.click(await screen.findByTestId("confirm-action"));
  await waitFor(() => expect(sent(calls, "POST", "/verify")).toEqual([{ id: "tiny", accept: true }]));
});

test("a rename that is refused says why beside the name", async () => {
  const calls = await show(undefined, {
    "POST /model-files/rename": () => refusal(409, "There is another model `big`. Give another name."),
  });
  await screen.findAllByTestId("file-row");
  await choose(0, "rename");
  const name = await screen.findByTestId("rename-name");
  expect(screen.getByTestId("rename-do").hasAttribute("disabled")).toBe(true);
  await userEvent.clear(name);
  await userEvent.type(name, "big{Enter}");
  expect((await screen.findByRole("alert")).textContent).toContain("Give another name.");
  expect(sent(calls, "POST", "/rename")).toEqual([{ id: "tiny", name: "big" }]);
});

test("removing tells which role loses its model", async () => {
  const calls = await show();
  await screen.findAllByTestId("file-row");
  await choose(0, "remove");
  expect((await screen.findByTestId("remove-roles")).textContent).toContain("It plays CodeLlama");
  await userEvent.click(screen.getByTestId("confirm-action"));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect(calls.find(({ method }) => method === "DELETE")?.path).toContain("id=tiny&force=true");
});

test("a run that needs the model is learnt of by the refusal, which can be overridden", async () => {
  const answers = [refusal(409, "The run r1 has not ended."), list([], [])];
  const calls = await show([file("other", { origin: "Ollama" })], {
    "DELETE /model-files": () => answers.shift(),
  });
  await screen.findAllByTestId("file-row");
  await choose(0, "remove");
  expect((await screen.findByRole("alertdialog")).textContent).toContain("Only its entry in the list goes.");
  await userEvent.click(screen.getByTestId("confirm-action"));
  expect((await screen.findByTestId("remove-refused")).textContent).toContain("The run r1 has not ended.");
  await userEvent.click(screen.getByTestId("confirm-action"));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  const forced = calls.filter(({ method }) => method === "DELETE").map(({ path }) => path.split("force=")[1]);
  expect(forced).toEqual(["false", "true"]);
});

test("a model of another program is used in place; one with a fault is not", async () => {
  const calls = await show(undefined, {
    "GET /model-files/found": {
      models: [
        found("qwen:7b"),
        found("listed", { model_id: "tiny" }),
        found("broken", { problem: "Its blob is missing. Pull it again." }),
      ],
      problems: [{ program: "jan", path: "/jan", message: "The folder cannot be read." }],
    },
  });
  const rows = await screen.findAllByTestId("found-row");
  expect(rows[0]?.textContent).toContain("7.6 B parameters · qwen2 · Q4_K_M · 4.0 GB");
  expect(rows[1]?.textContent).toContain("In the list");
  expect(rows[2]?.textContent).toContain("Pull it again.");
  expect(
    within(rows[2] as HTMLElement)
      .getByRole("button")
      .hasAttribute("disabled"),
  ).toBe(true);
  expect(screen.getByTestId("found-models").textContent).toContain("/jan: The folder cannot be read.");
  await userEvent.click(screen.getByRole("button", { name: "Use qwen:7b in place" }));
  await waitFor(() =>
    expect(sent(calls, "POST", "/import")).toEqual([{ path: "/ollama/blobs/qwen:7b", mode: "link" }]),
  );
  await expectAccessible();
});

test("an import is sent with its mode and name, and its refusal stays in the dialog", async () => {
  const onClose = vi.fn();
  const answers = [refusal(422, "/x.gguf does not exist. Correct the path."), TRANSFER];
  const calls = serveApi({ "POST /model-files/import": () => answers.shift() });
  renderApp(<ImportDialog path="/x.gguf" onClose={onClose} />);
  await userEvent.click(screen.getByRole("radio", { name: "Copy" }));
  expect(screen.getByText(/A second copy is written/)).toBeTruthy();
  await userEvent.type(screen.getByTestId("import-name"), "mine");
  await userEvent.click(screen.getByTestId("import-do"));
  expect((await screen.findByRole("alert")).textContent).toContain("Correct the path.");
  expect(onClose).not.toHaveBeenCalled();
  await expectAccessible();
  await userEvent.click(screen.getByTestId("import-do"));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(sent(calls, "POST", "/import").at(-1)).toEqual({ path: "/x.gguf", mode: "copy", name: "mine" });
});

test("a model moves to another folder, and back into the models folder from where it was taken out", async () => {
  const outside = {
    ...usage(),
    models: [{ id: "far", path: "/far.gguf", size_bytes: 1, is_inside: false, checked: "verified" }],
  };
  const answers = [refusal(422, "/nowhere is no folder. Name one."), TRANSFER, TRANSFER];
  const calls = await show([file("tiny"), file("far"), file("theirs", { origin: "Ollama" })], {
    "GET /model-files/usage": outside,
    "POST /model-files/relocate": () => answers.shift(),
  });
  await choose(0, "move");
  expect(screen.getByTestId("model-move-do").hasAttribute("disabled")).toBe(true);
  await userEvent.type(screen.getByTestId("model-move-folder"), "/nowhere");
  await userEvent.click(screen.getByTestId("model-move-do"));
  expect((await screen.findByRole("alert")).textContent).toContain("Name one.");
  await expectAccessible();
  await userEvent.clear(screen.getByTestId("model-move-folder"));
  await userEvent.type(screen.getByTestId("model-move-folder"), "/disk2{Enter}");
  await waitFor(() => expect(screen.queryByTestId("model-move")).toBeNull());
  await choose(1, "move");
  await userEvent.click(screen.getByTestId("model-move-do"));
  await waitFor(() => expect(screen.queryByTestId("model-move")).toBeNull());
  expect(sent(calls, "POST", "/relocate").slice(1)).toEqual([
    { id: "tiny", folder: "/disk2" },
    { id: "far" },
  ]);
  // What another program keeps is not moved from under it.
  await userEvent.click(screen.getAllByTestId("file-menu")[2] as HTMLElement);
  expect(screen.queryByTestId("file-menu-move")).toBeNull();
});

test.each([
  [134_515_008, "135 M"],
  [7_615_616_512, "7.6 B"],
  [900, "900"],
])("%d parameters are told as %s", (count, told) => expect(formatParams(count)).toBe(told));
