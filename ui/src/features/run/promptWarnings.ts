// What a run recorded of its prompts, in the window's language.
import type { Phrase } from "@/api/types";
import { m } from "@/paraglide/messages.js";

/** A variable as a prompt names it. */
const VARIABLE = /\{\{ (.+?) \}\}/s;

/**
 * The warning of a step's prompt in a form that can be put into another language; nothing for a text that is not known here. Runs keep
 * their warnings as English sentences, so a sentence is known again by what it would be in English.
 */
export function warningPhrase(warning: string): Phrase | undefined {
  const variable = VARIABLE.exec(warning)?.[1];
  if (variable === undefined) return undefined;
  const english = { locale: "en" } as const;
  const sentence = `${m.say_unknown_variable({ variable }, english)} ${m.fix_unknown_variable({ variable }, english)}`;
  return sentence === warning ? { reason: "unknown_variable", params: { variable } } : undefined;
}
