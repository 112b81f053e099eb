// Reads a pipeline from a file. What the window cannot show at all is refused with every fault and its place; everything finer, such as
// a field that nobody knows, is kept as it is and found by the router's validation.
import type { Pipeline } from "@/api/types";
import { jsonFault } from "@/components/jsonFault";
import { ROLES, STEP_ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";

export interface ImportFault {
  /** `line 3, column 5`, or a path such as `steps[1].model_type`. */
  place: string;
  message: string;
  remedy: string;
}

/** The pipeline that `text` holds, or everything that keeps it from being one. */
export function readPipeline(text: string): { pipeline: Pipeline } | { faults: ImportFault[] } {
  // A byte order mark is no part of the text, though some editors write one.
  const body = text.replace(/^\uFEFF/, "");
  const broken = jsonFault(body);
  if (broken)
    return {
      faults: [
        {
          place: m.import_at_line({ line: broken.line, column: broken.column }),
          message: body.trim() === "" ? m.import_empty() : m.import_not_json(),
          remedy: body.trim() === "" ? m.import_empty_remedy() : m.import_not_json_remedy(),
        },
      ],
    };
  const value: unknown = JSON.parse(body);
  const faults = faultsOf(value);
  if (faults.length > 0) return { faults };
  // A template's id says which template it is, and is no field of a pipeline.
  const { id: _, ...pipeline } = value as Pipeline & { id?: unknown };
  return { pipeline };
}

type Kind = "text" | "object" | "list" | "texts" | "number" | "yes_no";

const PIPELINE: Record<string, Kind> = {
  description: "text",
  global_context: "object",
  metadata: "object",
  assembler: "object",
};
const STEP: Record<string, Kind> = {
  step_name: "text",
  prompt: "text",
  context: "object",
  parameters: "object",
  inputs: "texts",
  files: "texts",
  gate: "object",
  enabled: "yes_no",
  pause_after: "yes_no",
  timeout_s: "number",
};
const PARAMETERS: Record<string, Kind> = {
  max_tokens: "number",
  temperature: "number",
  seed: "number",
  top_p: "number",
  stop: "texts",
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const IS: Record<Kind, (value: unknown) => boolean> = {
  text: (value) => typeof value === "string",
  object: isObject,
  list: Array.isArray,
  texts: (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
  number: (value) => typeof value === "number",
  yes_no: (value) => typeof value === "boolean",
};

const NAMES: Record<Kind, () => string> = {
  text: () => m.import_kind_text(),
  object: () => m.import_kind_object(),
  list: () => m.import_kind_list(),
  texts: () => m.import_kind_texts(),
  number: () => m.import_kind_number(),
  yes_no: () => m.import_kind_yes_no(),
};

/** Everything that keeps a value from being shown as a pipeline, in the order in which it is read. */
function faultsOf(value: unknown): ImportFault[] {
  if (!isObject(value)) return [wrong("", "object")];
  const faults: ImportFault[] = [...required(value, "name", "text", ""), ...kinds(value, PIPELINE, "")];
  if (isObject(value.assembler)) {
    const path = "assembler.";
    faults.push(...kinds(value.assembler, { prompt: "text", parameters: "object", mode: "text" }, path));
    if (isObject(value.assembler.parameters))
      faults.push(...kinds(value.assembler.parameters, PARAMETERS, `${path}parameters.`));
  }
  const missing = required(value, "steps", "list", "");
  if (missing.length > 0 || !Array.isArray(value.steps)) return [...faults, ...missing];
  return [...faults, ...value.steps.flatMap((step, at) => stepFaults(step, `steps[${at}]`))];
}

function stepFaults(step: unknown, path: string): ImportFault[] {
  if (!isObject(step)) return [wrong(path, "object")];
  const inside = `${path}.`;
  const faults = [
    ...required(step, "step_name", "text", inside),
    ...required(step, "prompt", "text", inside),
    ...roleFault(step, inside),
    ...kinds(step, STEP, inside),
  ];
  if (isObject(step.parameters)) faults.push(...kinds(step.parameters, PARAMETERS, `${inside}parameters.`));
  return faults;
}

function roleFault({ model_type }: Record<string, unknown>, path: string): ImportFault[] {
  if (typeof model_type === "string" && Object.hasOwn(ROLES, model_type)) return [];
  return [
    {
      place: `${path}model_type`,
      message:
        model_type === undefined
          ? m.import_missing({ field: "model_type" })
          : m.import_no_role({ value: String(JSON.stringify(model_type)) }),
      remedy: m.import_role_remedy({ roles: STEP_ROLES.join(", ") }),
    },
  ];
}

function required(of: Record<string, unknown>, field: string, kind: Kind, path: string): ImportFault[] {
  if (of[field] === undefined)
    return [
      {
        place: path + field,
        message: m.import_missing({ field }),
        remedy: m.import_missing_remedy({ field, kind: NAMES[kind]() }),
      },
    ];
  // Fields that are checked with the others already are not told twice.
  return field in STEP || IS[kind](of[field]) ? [] : [wrong(path + field, kind)];
}

/** Fields that are there and of another kind. An empty field, `null`, says no more than an absent one. */
function kinds(of: Record<string, unknown>, expected: Record<string, Kind>, path: string): ImportFault[] {
  return Object.entries(expected).flatMap(([field, kind]) =>
    of[field] === undefined || of[field] === null || IS[kind](of[field]) ? [] : [wrong(path + field, kind)],
  );
}

function wrong(place: string, kind: Kind): ImportFault {
  return {
    place: place || m.import_whole_file(),
    message: m.import_wrong_kind({ kind: NAMES[kind]() }),
    remedy: m.import_wrong_kind_remedy({ kind: NAMES[kind]() }),
  };
}
