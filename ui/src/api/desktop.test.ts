import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  chooseTextFile,
  type Dropped,
  notify,
  onDropped,
  openLink,
  previewAddress,
  saveText,
} from "./desktop";

const invoke = vi.fn();
const listeners = new Map<string, (event: { payload: unknown }) => void>();
const stop = vi.fn();

vi.mock("@tauri-apps/api/core", () => ({ invoke: (...args: unknown[]) => invoke(...args) }));
vi.mock("@tauri-apps/api/event", () => ({
  listen: async (name: string, handler: (event: { payload: unknown }) => void) => {
    listeners.set(name, handler);
    return stop;
  },
}));

const ID = "550e8400-e29b-41d4-a716-446655440000";

beforeEach(() => {
  invoke.mockReset().mockResolvedValue(null);
  stop.mockReset();
  listeners.clear();
});
afterEach(() => {
  Reflect.deleteProperty(window, "__TAURI_INTERNALS__");
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("in the window", () => {
  beforeEach(() => void Object.assign(window, { __TAURI_INTERNALS__: {} }));

  test("each call is a command", async () => {
    invoke.mockResolvedValueOnce("/tmp/a.json");
    expect(await saveText("Save", "a.json", "{}")).toBe("/tmp/a.json");
    expect(invoke).toHaveBeenLastCalledWith("save_text", { title: "Save", name: "a.json", content: "{}" });
    await chooseTextFile("Open", "json");
    expect(invoke).toHaveBeenLastCalledWith("choose_text_file", { title: "Open", extension: "json" });
    await notify("Done", "The run has ended", "/runs/1");
    expect(invoke).toHaveBeenLastCalledWith("notify", {
      title: "Done",
      body: "The run has ended",
      route: "/runs/1",
    });
    await openLink("https://example.com");
    expect(invoke).toHaveBeenLastCalledWith("open_link", { url: "https://example.com" });
  });

  test("previews have a scheme of their own", () => {
    expect(previewAddress(ID, 7, "dark")).toBe(
      `brickwork-preview://localhost/runs/${ID}/artifacts/7?theme=dark`,
    );
    vi.spyOn(navigator, "userAgent", "get").mockReturnValue("Mozilla/5.0 (Windows NT 10.0; Win64; x64)");
    expect(previewAddress(ID, 7, "light")).toBe(
      `http://brickwork-preview.localhost/runs/${ID}/artifacts/7?theme=light`,
    );
  });

  test("what is dropped comes as an event, until nobody listens", async () => {
    const dropped: Dropped[][] = [];
    const unlisten = onDropped((things) => dropped.push(things));
    listeners.get("dropped")?.({ payload: [{ kind: "folder", path: "/x", name: "x" }] });
    expect(dropped).toEqual([[{ kind: "folder", path: "/x", name: "x" }]]);
    unlisten();
    await vi.waitFor(() => expect(stop).toHaveBeenCalledOnce());
  });
});

describe("in a browser", () => {
  test("no command is invoked, and previews come from the server", async () => {
    const open = vi.fn();
    vi.stubGlobal("open", open);
    expect(previewAddress(ID, 7, "light")).toBe(
      `/api/v1/orchestrator/runs/${ID}/artifacts/7/preview?theme=light`,
    );
    for (const url of [
      "javascript:alert(1)",
      "file:///etc/passwd",
      "data:text/html,x",
      " https://example.com",
    ]) {
      await openLink(url);
    }
    expect(open).not.toHaveBeenCalled();
    await openLink("https://example.com");
    expect(open).toHaveBeenCalledWith("https://example.com", "_blank", "noopener,noreferrer");
    await notify("Done", "x", "/runs/1");
    expect(invoke).not.toHaveBeenCalled();
  });

  test("a text is saved as a download", async () => {
    vi.useFakeTimers();
    const revoke = vi.fn();
    vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => "blob:x", revokeObjectURL: revoke }));
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      expect([this.getAttribute("href"), this.download]).toEqual(["blob:x", "a.json"]);
    });
    expect(await saveText("Save", "a.json", "{}")).toBe("a.json");
    expect(clicked).toHaveBeenCalledOnce();
    expect(document.querySelector("a[download]")).toBeNull();
    vi.runAllTimers();
    expect(revoke).toHaveBeenCalledWith("blob:x");
    vi.useRealTimers();
  });

  test("a chosen file is read, and none is null", async () => {
    const choose = (files: File[], event: string) =>
      vi.spyOn(HTMLInputElement.prototype, "click").mockImplementationOnce(function (this: HTMLInputElement) {
        expect([this.type, this.accept]).toEqual(["file", ".json"]);
        Object.defineProperty(this, "files", { value: files });
        this.dispatchEvent(new Event(event));
      });
    choose([new File(["{}"], "a.json")], "change");
    expect(await chooseTextFile("Open", "json")).toEqual({ name: "a.json", path: "", text: "{}" });
    choose([], "cancel");
    expect(await chooseTextFile("Open", "json")).toBeNull();
    const large = new File([], "b.json");
    Object.defineProperty(large, "size", { value: 4 * 1024 * 1024 + 1 });
    choose([large], "change");
    await expect(chooseTextFile("Open", "json")).rejects.toThrow("4 MiB");
  });

  test("dropped files are told apart as in the window", async () => {
    const things = vi.fn();
    const unlisten = onDropped(things);
    const item = (file: File, isDirectory = false) => ({
      kind: "file",
      getAsFile: () => file,
      webkitGetAsEntry: () => ({ isDirectory }),
    });
    const drop = (items: unknown[], types = ["Files"]) => {
      const event = new Event("drop", { cancelable: true });
      window.dispatchEvent(Object.assign(event, { dataTransfer: { types, items } }));
      return event.defaultPrevented;
    };
    const pipeline = '{"name": "x", "steps": []}';
    const manifest = '{"version": 1, "run_id": "", "files": []}';
    expect(
      drop([
        item(new File([pipeline], "p.json")),
        item(new File([manifest], "brickwork.json")),
        item(new File([], "folder"), true),
        item(new File(["GGUF\u0003"], "m.gguf")),
        item(new File(["{"], "broken.json")),
        item(new File(["null"], "null.json")),
        item(new File([pipeline], "p.txt")),
      ]),
    ).toBe(true);
    await vi.waitFor(() => expect(things).toHaveBeenCalledOnce());
    expect(things.mock.calls[0]?.[0]).toEqual([
      { kind: "pipeline", name: "p.json", text: pipeline },
      { kind: "manifest", name: "brickwork.json", text: manifest },
      { kind: "folder", name: "folder" },
      { kind: "model", name: "m.gguf" },
      { kind: "other", name: "broken.json" },
      { kind: "other", name: "null.json" },
      { kind: "other", name: "p.txt" },
    ]);
    // What the page itself drags is not ours.
    expect(drop([], ["text/plain"])).toBe(false);
    unlisten();
    expect(drop([item(new File([pipeline], "p.json"))])).toBe(false);
    expect(things).toHaveBeenCalledOnce();
  });
});
