// What the program says of its faults, in the window's language. The program tells which sentence it is and what that names; its
// own English words stand in for a sentence that is not known here, and are marked as English then.
import { ApiError } from "@/api/client";
import type { Diagnostic, Phrase, Problem, RunView } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { doctor } from "./doctor";
import { models } from "./models";
import { pipeline } from "./pipeline";
import { refusals } from "./refusals";
import { run } from "./run";
import type { Message, Sentences } from "./sentences";

/** Every sentence that the program can say of a fault. */
export const SENTENCES: Sentences = { ...pipeline, ...run, ...refusals, ...models, ...doctor };

/** A text, and its language where that is not the window's. */
export interface Said {
  text: string;
  lang?: "en";
}

type Params = Record<string, string | number>;

const put = (message: Message, params: Params): string => (message as (inputs: Params) => string)(params);

/** The pieces of advice that a lack of memory may come with, by what they name. */
const ADVICE = {
  smaller_file: m.say_advice_smaller_file,
  quantize_folder: m.say_advice_quantize,
  shorter_context: m.say_advice_shorter_context,
  fewer_gpu_layers: m.say_advice_fewer_gpu_layers,
  smaller_model: m.say_advice_smaller_model,
} satisfies Record<string, Message>;

function without(params: Params, name: string): Params {
  const { [name]: _left, ...rest } = params;
  return rest;
}

/** What the sentence names, with what is itself put into words: a fault within it, and advice. */
function inWords({ reason, params = {} }: Phrase): Params {
  const fault =
    typeof params.fault === "string"
      ? said({ reason: params.fault, params: without(params, "fault") }, "").text
      : "";
  const advice = Object.entries(ADVICE).flatMap(([name, say]) => (name in params ? [put(say, params)] : []));
  return {
    ...params,
    ...(fault && { fault }),
    ...(reason === "too_little_memory" && { advice: advice.join(" ") }),
  };
}

/** The phrase's sentence, unless that or one within it is not known here. */
function sentenceOf({ reason, params }: Phrase): Sentences[string] | undefined {
  const fault = params?.fault;
  return typeof fault === "string" && !(fault in SENTENCES) ? undefined : SENTENCES[reason];
}

/** What happened and what to do, apart; the program's English, or this window's own words, where the phrase is not known here. */
export function saidApart(
  phrase: Phrase | null | undefined,
  english: { message: string; remedy?: string | null; own?: true },
): { message: Said; remedy: Said } {
  const sentence = phrase && sentenceOf(phrase);
  if (!phrase || !sentence) {
    const language = english.own ? {} : ({ lang: "en" } as const);
    return {
      message: { text: english.message, ...language },
      remedy: { text: english.remedy ?? "", ...language },
    };
  }
  const [say, fix] = sentence;
  const params = inWords(phrase);
  return { message: { text: put(say, params) }, remedy: { text: fix ? put(fix, params) : "" } };
}

/** What happened and what to do, in one text. */
export function said(phrase: Phrase | null | undefined, english: string): Said {
  if (!phrase || !sentenceOf(phrase)) return { text: english, lang: "en" };
  const { message, remedy } = saidApart(phrase, { message: english });
  return { text: joined(message, remedy) };
}

/** The same where only a text can stand. */
export const saidText = (phrase: Phrase | null | undefined, english: string): string =>
  said(phrase, english).text;

/** A finding's cause and remedy, in one text. */
export function findingText(finding: Pick<Diagnostic, "message" | "remedy" | "phrase">): string {
  const { message, remedy } = saidApart(finding.phrase, finding);
  return joined(message, remedy);
}

const joined = (...texts: Said[]): string =>
  texts
    .map(({ text }) => text)
    .filter(Boolean)
    .join(" ");

/** The first of these findings stands in the problem's own sentence. */
function withFinding(phrase: Phrase, [first]: readonly Diagnostic[]): Phrase {
  if (!first) return phrase;
  const { message, remedy } = saidApart(first.phrase, first);
  const place = `${message.text} (${first.path})`;
  const finding = phrase.params?.count === undefined ? joined({ text: `${place}.` }, remedy) : place;
  return { ...phrase, params: { ...phrase.params, finding } };
}

/** Why a request was refused. */
export function problemText({ phrase, detail, title, status, diagnostics = [] }: Problem): Said {
  if (phrase) return said(withFinding(phrase, diagnostics), detail);
  if (detail || title) return { text: detail || title, lang: "en" };
  return { text: m.error_status({ status }) };
}

/** Why a request was refused, did not get through, or could not be made. */
export function errorSaid(error: unknown): Said {
  if (error instanceof ApiError)
    return error.problem.status === 0 ? { text: m.error_unreachable() } : problemText(error.problem);
  return { text: error instanceof Error ? error.message : String(error) };
}

/** Why a step failed. */
export const stepFault = (step: { error?: string | null; error_phrase?: Phrase | null }): Said =>
  said(step.error_phrase, step.error ?? "");

/** Why a run failed: its step's fault in the run's own sentence. */
export function runFault(view: Pick<RunView, "error" | "steps" | "assembler">): Said {
  const failed = [...view.steps, view.assembler].find((step) => step.status === "FAILED");
  if (!failed?.error_phrase) return { text: view.error ?? "", lang: "en" };
  const cause = stepFault(failed);
  if (cause.lang) return { text: view.error ?? "", lang: "en" };
  return { text: m.say_pipeline_stopped({ step: failed.step_name, cause: cause.text }) };
}
