// Numbers and stamps as people read them, in the language of the page.
import { getLocale } from "@/paraglide/runtime.js";

/** Makes each formatter once: making one takes a hundred times as long as using it. */
function cached<Options, Format>(make: (locale: string, options: Options) => Format) {
  const made = new Map<string, Format>();
  return (options: Options): Format => {
    const locale = getLocale();
    const key = `${locale} ${JSON.stringify(options)}`;
    const format = made.get(key) ?? make(locale, options);
    made.set(key, format);
    return format;
  };
}

const numberFormat = cached(
  (locale, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options),
);
const dateFormat = cached(
  (locale, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options),
);

const number = (digits: number) =>
  numberFormat({ minimumFractionDigits: digits, maximumFractionDigits: digits });

export function formatCount(value: number): string {
  return number(0).format(value);
}

/** A number with as many decimals as it has, up to two. */
export function formatDecimal(value: number): string {
  return numberFormat({ maximumFractionDigits: 2 }).format(value);
}

/** `fraction` from 0 to 1. */
export function formatPercent(fraction: number): string {
  return numberFormat({ style: "percent" }).format(Math.min(1, Math.max(0, fraction)));
}

/** Seconds as `340 ms`, `2.4 s`, `3 min 05 s` or `1 h 02 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 0.9995) return `${number(0).format(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${number(1).format(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

export function formatRate(tokensPerSecond: number): string {
  return number(tokensPerSecond < 10 ? 1 : 0).format(tokensPerSecond);
}

/** Bytes in decimal units, as file managers show them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${number(value < 10 ? 1 : 0).format(value)} ${units[power - 1]}`;
}

/** Today as a time, this year without the year. */
export function formatStamp(stamp: string | null | undefined, now = new Date()): string {
  if (!stamp) return "–";
  const date = new Date(stamp);
  if (Number.isNaN(date.getTime())) return stamp;
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  if (date.toDateString() === now.toDateString()) return dateFormat(time).format(date);
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" as const };
  return dateFormat({ day: "numeric", month: "short", ...year, ...time }).format(date);
}

/** The last part of a path with either separator. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}

/** A model's id or path without its folder and ending, short enough for a chip. */
export function modelName(idOrPath: string): string {
  return fileName(idOrPath).replace(/\.gguf$/i, "");
}
