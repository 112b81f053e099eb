// Which processes live, as /proc tells it. Only processes that a test started are ever ended, each by its id.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** State letter, parent and name of a process, or undefined when it is gone. */
function stat(id) {
  let text;
  try {
    text = readFileSync(`/proc/${id}/stat`, "utf8");
  } catch {
    return undefined;
  }
  const end = text.lastIndexOf(")");
  const [state, parent] = text.slice(end + 2).split(" ");
  return { state, parent: Number(parent), name: text.slice(text.indexOf("(") + 1, end) };
}

export function isAlive(id) {
  const found = stat(id);
  return found !== undefined && found.state !== "Z" && found.state !== "X";
}

/** Ids of the living processes whose parent is `parent`, with their names (cut to 15 characters by the system). */
export function childrenOf(parent) {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ id: Number(entry), ...stat(entry) }))
    .filter((found) => found.parent === parent && isAlive(found.id))
    .map(({ id, name }) => ({ id, name }));
}

/** Waits until a process is gone; answers whether it is. */
export async function waitUntilGone(id, limit_ms) {
  const end = Date.now() + limit_ms;
  while (isAlive(id)) {
    if (Date.now() > end) return false;
    await sleep(50);
  }
  return true;
}

/** Ends a process that a test started, if it still runs. */
export function end(id, signal = "SIGKILL") {
  try {
    process.kill(id, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
