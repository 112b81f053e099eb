// The programs of this folder that are written in Python, for what Node cannot do.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Runs one of them to its end. */
export function python(script, ...args) {
  return execFileSync("python3", [fileURLToPath(new URL(script, import.meta.url)), ...args.map(String)]);
}
