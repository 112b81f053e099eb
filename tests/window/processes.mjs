// Which processes live, as /proc tells it. Only processes that a test started are ever ended, each by its id.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The system counts the time of processes in hundredths of a second. */
const TICK_MS = 10;

/** What the system knows of a process, or undefined when it is gone: its state letter, its parent, its name (cut to 15 characters), how
 * long after the system it was started, and the processor time that it has used. */
export function stat(id) {
  let text;
  try {
    text = readFileSync(`/proc/${id}/stat`, "utf8");
  } catch {
    return undefined;
  }
  const end = text.lastIndexOf(")");
  // The fields have the numbers of proc_pid_stat(5); the parent is field 4.
  const [state, ...numbers] = text.slice(end + 2).split(" ");
  const number = (field) => Number(numbers[field - 4]);
  return {
    state,
    parent: number(4),
    name: text.slice(text.indexOf("(") + 1, end),
    started_ms: number(22) * TICK_MS,
    used_ms: (number(14) + number(15)) * TICK_MS,
  };
}

export function isAlive(id) {
  const found = stat(id);
  return found !== undefined && found.state !== "Z" && found.state !== "X";
}

/** Ids of the living processes whose parent is `parent`, with their names. */
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
