// What a model file is, in few words.
import type { ModelFileView } from "@/api/models";
import { formatDecimal } from "@/components/format";
import { m } from "@/paraglide/messages.js";

/** Parameters as people name models by: `135 M`, `7.2 B`. */
export function formatParams(count: number): string {
  if (count >= 1e9) return `${formatDecimal(Math.round(count / 1e8) / 10)} B`;
  if (count >= 1e6) return `${formatDecimal(Math.round(count / 1e6))} M`;
  return formatDecimal(count);
}

/** Parameters, architecture and quantization, as far as they are known. */
export function fileFacts(file: {
  n_params?: number | null;
  architecture?: string | null;
  quantization?: string | null;
}): string[] {
  const params = file.n_params ? m.params_count({ count: formatParams(file.n_params) }) : null;
  return [params, file.architecture, file.quantization].filter(
    (fact) => fact != null && fact !== "",
  ) as string[];
}

/** Whether the search words are all in what is shown of the file. */
export function matches(file: ModelFileView, words: string): boolean {
  const { id, path, name, architecture, quantization, licence, origin, format } = file;
  const text = [id, path, name, architecture, quantization, licence, origin, format].join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** What the API calls the keeper of a file that is used in place and that no known program keeps. */
const ELSEWHERE = "elsewhere";

/** Who keeps the file; absent is the program itself. */
export function originText(origin: string | null | undefined): string {
  if (!origin) return m.origin_own();
  return origin === ELSEWHERE ? m.origin_elsewhere() : m.origin_linked({ program: origin });
}
