import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { ApiError } from "@/api/client";
import type { Phrase } from "@/api/types";
import { setLocale } from "@/paraglide/runtime.js";
import { SaidText } from "./SaidText";
import { errorSaid, findingText, runFault, SENTENCES, said, saidApart } from "./said";

const CRATES = resolve(import.meta.dirname, "../../../../crates");

afterEach(() => setLocale("en", { reload: false }));

/** The program's sources, tests aside. */
function sources(): string {
  const files = readdirSync(CRATES, { recursive: true, encoding: "utf8" });
  const rust = files.filter((path) => /^[\w-]+[\\/]src[\\/].*\.rs$/.test(path));
  return rust.map((path) => readFileSync(join(CRATES, path), "utf8")).join("\n");
}

const RUST = sources();
const NAMED_HERE = /^(advice_\w+|pipeline_stopped)$/;
/** Words that no user reads: they stand in the samples of tests. */
const SAMPLES = new Set(["out_of_memory"]);
/** Words that are made from others: the download's own notes, and transfers as the list of them tells. */
const DERIVED = new Set([
  "download_notes_not_read",
  "download_notes_damaged",
  "transfer_state_in_list",
  "unknown_transfer_in_list",
]);

test("every sentence that the program names has its message", () => {
  const named = [...RUST.matchAll(/(?:Phrase::new\(|\.saying\()\s*"([a-z0-9_]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  expect(named.length).toBeGreaterThan(200);
  const missing = [...new Set(named)].filter((reason) => !(reason in SENTENCES) && !SAMPLES.has(reason));
  expect(missing).toEqual([]);
});

test("every message stands for a sentence that the program can say", () => {
  const dead = Object.keys(SENTENCES).filter(
    (reason) => !RUST.includes(`"${reason}"`) && !NAMED_HERE.test(reason) && !DERIVED.has(reason),
  );
  expect(dead).toEqual([]);
});

test("a message asks for nothing that the program does not tell", () => {
  const asked = (phrase: string) =>
    Object.values(SENTENCES[phrase] ?? []).map((say) => (say as (inputs: object) => string)({}));
  // A message without inputs reads the same whatever it gets; the others show the hole.
  expect(asked("no_steps").join(" ")).not.toContain("undefined");
  expect(asked("invalid_name").join(" ")).toContain("undefined");
});

const ENGLISH = {
  message: "The pipeline's name has 0 characters.",
  remedy: "Give it a name of 1 to 200 characters.",
};
const NAME: Phrase = { reason: "invalid_name", params: { count: 0, limit: 200 } };

test("a sentence reads the same in English as the program writes it, and in Spanish it is Spanish", () => {
  expect(findingText({ ...ENGLISH, phrase: NAME })).toBe(`${ENGLISH.message} ${ENGLISH.remedy}`);
  setLocale("es", { reload: false });
  const { message, remedy } = saidApart(NAME, ENGLISH);
  expect(message).toEqual({ text: "El nombre del pipeline tiene 0 caracteres." });
  expect(remedy).toEqual({ text: "Dale un nombre de 1 a 200 caracteres." });
});

test("what is not known here stays in the program's English, and is marked as that", () => {
  setLocale("es", { reload: false });
  for (const phrase of [undefined, null, { reason: "not_thought_of_yet" }])
    expect(said(phrase, "It broke.")).toEqual({ text: "It broke.", lang: "en" });
  const { container } = render(<SaidText said={said(undefined, "It broke.")} />);
  expect(container.querySelector("span[lang=en]")?.textContent).toBe("It broke.");
  expect(saidApart(undefined, { message: "Demasiado largo.", own: true }).message).toEqual({
    text: "Demasiado largo.",
  });
});

test("braces, faults within a sentence and advice are put into words", () => {
  setLocale("es", { reload: false });
  const check = (phrase: Phrase, expected: string) => expect(said(phrase, "x").text).toBe(expected);
  check(
    { reason: "unknown_variable", params: { variable: "a.b" } },
    "El contexto no tiene ningún valor para {{ a.b }}, así que se envía tal como está escrito. Añade `a.b` al contexto, o ignóralo si es código.",
  );
  check(
    { reason: "export_bad_name", params: { name: "a/../b", fault: "path_leads_out" } },
    "El nombre nuevo «a/../b» sale de su carpeta con `..`. Da una ruta dentro de la carpeta, con `/` entre sus partes.",
  );
  check(
    {
      reason: "too_little_memory",
      params: {
        model: "m.gguf",
        needed_mib: 900,
        context: 4096,
        room_mib: 400,
        shorter_context: 512,
        smaller_model: 1,
        quantize_folder: "/m/t5",
        quantize_type: "q8_0",
        quantize_mb: 332,
      },
    },
    'El modelo m.gguf necesita 900 MiB con un contexto de 4096 tokens, pero solo se pueden liberar 400 MiB de memoria para él. Conviértelo una vez a una forma más pequeña, que ocupa 332 MB: `brickwork models quantize "/m/t5" --type q8_0`. Limita el contexto del rol a 512 tokens. Elige un modelo más pequeño, o cierra otros programas. O permite más de lo que cabe en los ajustes.',
  );
});

test("a refused request names its first finding", () => {
  setLocale("es", { reload: false });
  const finding = {
    severity: "error" as const,
    code: "invalid_name",
    path: "$.name",
    ...ENGLISH,
    phrase: NAME,
  };
  const problem = (params: Record<string, string | number>, diagnostics = [finding]) =>
    new ApiError({
      title: "The request's content is wrong",
      status: 422,
      code: "invalid",
      detail: "English.",
      phrase: { reason: "count" in params ? "request_invalid_in_several" : "request_invalid", params },
      diagnostics,
    });
  expect(errorSaid(problem({ path: "$.name" })).text).toBe(
    "La petición no se puede llevar a cabo: El nombre del pipeline tiene 0 caracteres. ($.name). Dale un nombre de 1 a 200 caracteres.",
  );
  expect(errorSaid(problem({ path: "$.name", count: 2 })).text).toBe(
    "La petición no se puede llevar a cabo: El nombre del pipeline tiene 0 caracteres. ($.name), y 2 más.",
  );
});

test("a run's own sentence holds its step's fault; an old record keeps its English", () => {
  setLocale("es", { reload: false });
  const step = (extra: object) => ({ status: "FAILED", step_name: "plan", error: "Out.", ...extra });
  const view = (extra: object) =>
    ({
      error: "Pipeline stopped at step 'plan': Out.",
      steps: [step(extra)],
      assembler: step({ status: "PENDING" }),
    }) as never;
  expect(runFault(view({ error_phrase: { reason: "timed_out" } }))).toEqual({
    text: "El pipeline se detuvo en el paso «plan»: Se agotó el tiempo de ejecución del modelo",
  });
  expect(runFault(view({}))).toEqual({ text: "Pipeline stopped at step 'plan': Out.", lang: "en" });
});
