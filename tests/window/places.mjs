// Where the built programs, the models and the screenshots lie. Whatever is missing fails with a sentence that says how to get it.
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

const { env } = process;

const targetDir = resolve(env.CARGO_TARGET_DIR || env.BRICKWORK_TARGET || join(homedir(), ".cache", "brickwork", "target"));
const binDir = resolve(env.BRICKWORK_BIN_DIR || join(targetDir, "debug"));

/** The path of a built program; `variable` may name another one. */
function program(name, variable) {
  const path = resolve(env[variable] || join(binDir, name));
  if (!existsSync(path)) throw new Error(`${path} was not built. Run \`cargo xtask test\`, or build it with the feature test-seams.`);
  return path;
}

export const appProgram = () => program("brickwork-app", "BRICKWORK_APP");
export const cliProgram = () => program("brickwork", "BRICKWORK_CLI");

/** The folder of the models, which all tests share. */
export function modelsDir() {
  const data = env.BRICKWORK_DATA_DIR || join(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "brickwork");
  const folder = resolve(env.BRICKWORK_MODELS_DIR || join(data, "models"));
  const model = join(folder, "SmolLM2-135M-Instruct.Q4_1.gguf");
  if (!existsSync(model)) throw new Error(`The model ${model} is missing. \`cargo xtask models\` fetches it.`);
  return folder;
}

/** The folder in which screenshots are kept after the tests. */
export function screenshotsDir() {
  const folder = resolve(env.BRICKWORK_SCREENSHOTS || join(targetDir, "screenshots"));
  mkdirSync(folder, { recursive: true });
  return folder;
}
