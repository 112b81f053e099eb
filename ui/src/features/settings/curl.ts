import type { ServerView } from "@/api/types";

/** A call of the server for a POSIX shell. The token is read from its file when the line runs, so it is in no clipboard. */
export function curlLine({ url, port, token_file }: Pick<ServerView, "url" | "port" | "token_file">): string {
  const address = `${url ?? `http://127.0.0.1:${port}`}/api/v1/orchestrator/models`;
  if (!token_file) return `curl ${address}`;
  return `curl -H "Authorization: Bearer $(cat ${quoted(token_file)})" ${address}`;
}

/** The path as one word of a shell, also inside `$(…)`. */
function quoted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
