// A hub of models on the loopback interface, as far as a client of the Hugging Face Hub asks one: search, what a repository holds, and its
// files from any byte on. A file stops coming where the test says so, and goes on when it says so: no test depends on how fast it comes.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const PIECE_BYTES = 256 * 1024;

/** Starts a hub with `files` in one `repository`, each a name and its bytes. Answers its address, the requests for files as
 * `{ path, from }` with the byte from which they began, and how to steer it. */
export async function startHub(repository, files) {
  const digests = new Map([...files].map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]));
  const asked = [];
  let limit = Number.POSITIVE_INFINITY;
  let wake = [];

  const about = { id: repository, sha: COMMIT, gated: false, downloads: 1234, likes: 56, tags: ["gguf", "license:apache-2.0"], lastModified: "2026-01-02T03:04:05.000Z" };
  const tree = [...files].map(([path, bytes]) => ({ type: "file", path, oid: "1", size: bytes.length, lfs: { oid: digests.get(path), size: bytes.length, pointerSize: 134 } }));
  const json = (response, value) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));

  async function send(request, response, path) {
    const bytes = files.get(path);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    asked.push({ path, from });
    const part = from > 0 && { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(part ? 206 : 200, { "content-length": bytes.length - from, etag: `"${digests.get(path)}"`, ...part });
    for (let at = from; at < bytes.length && !response.destroyed; ) {
      const end = Math.min(at + PIECE_BYTES, bytes.length, limit);
      if (end <= at) {
        await new Promise((resolve) => wake.push(resolve));
        continue;
      }
      if (!response.write(bytes.subarray(at, end))) await Promise.race([once(response, "drain"), once(response, "close")]);
      at = end;
    }
    response.end();
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://hub");
    const path = decodeURIComponent(pathname);
    if (path === "/api/models") {
      const words = (searchParams.get("search") ?? "").toLowerCase();
      return json(response, repository.toLowerCase().includes(words) && (searchParams.get("filter") ?? "gguf") === "gguf" ? [about] : []);
    }
    if (path.startsWith(`/api/models/${repository}/revision/`)) return json(response, about);
    if (path.startsWith(`/api/models/${repository}/tree/`)) return json(response, tree);
    const file = path.startsWith(`/${repository}/resolve/`) ? path.split("/").slice(5).join("/") : "";
    if (!files.has(file)) return response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    // Whoever asked may go away in the middle, which is what a pause does.
    send(request, response, file).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    asked,
    /** No byte after the first `n_bytes` of a file is sent until a larger number is told. */
    holdAt(n_bytes) {
      limit = n_bytes;
      for (const resolve of wake.splice(0)) resolve();
    },
    close() {
      for (const resolve of wake.splice(0)) resolve();
      server.close();
      server.closeAllConnections();
    },
  };
}
