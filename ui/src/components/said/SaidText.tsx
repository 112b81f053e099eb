import { getLocale } from "@/paraglide/runtime.js";
import type { Said } from "./said";

/** A text of the program's faults, marked as English where the window speaks another language. */
export function SaidText({ said: { text, lang } }: { said: Said }) {
  return lang && lang !== getLocale() ? <span lang={lang}>{text}</span> : text;
}
