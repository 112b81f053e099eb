// `brickwork serve` on a free port, as a browser and other programs use it.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { cliProgram } from "./places.mjs";
import { end, waitUntilGone } from "./processes.mjs";

/** Serves the data folder of `home`; answers the address, the link that signs a browser in if there is one, and how to end it. */
export async function serve(home, ...options) {
  const server = spawn(cliProgram(), ["serve", ...options, "--port", "0", "--json"], { env: home.env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const { url, sign_in: signIn } = JSON.parse(await firstLine(server));
    return { url, signIn, close: () => close(server.pid) };
  } catch (error) {
    end(server.pid);
    throw error;
  }
}

async function close(id) {
  end(id, "SIGTERM");
  if (!(await waitUntilGone(id, 10_000))) end(id);
}

function firstLine(child) {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.once("line", resolve);
    child.once("exit", (code) => reject(new Error(`brickwork serve ended with ${code}`)));
    child.once("error", reject);
  });
}
