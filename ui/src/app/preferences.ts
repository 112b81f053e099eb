// Applies theme and language to the page: from the settings once they are known, before that from what was applied last time, so
// that a start does not flash in other colours.
import { useEffect, useState } from "react";
import { useSettings } from "@/api/queries";
import type { LanguageSetting, Settings, ThemeSetting } from "@/api/types";
import { getLocale, setLocale } from "@/paraglide/runtime.js";

const REMEMBERED = "brickwork.preferences";
type Preferences = Pick<Settings, "theme" | "language">;
const FALLBACK: Preferences = { theme: "system", language: "system" };

export function languageOf(setting: LanguageSetting, system: readonly string[]): "en" | "es" {
  if (setting !== "system") return setting;
  const first = system
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag) => tag === "en" || tag === "es");
  return first === "es" ? "es" : "en";
}

function remembered(): Preferences {
  try {
    return { ...FALLBACK, ...JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}") };
  } catch {
    return FALLBACK;
  }
}

function applyTheme(setting: ThemeSetting): void {
  const dark =
    setting === "dark" || (setting === "system" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

function applyLanguage(setting: LanguageSetting): void {
  const locale = languageOf(setting, navigator.languages);
  if (locale !== getLocale()) setLocale(locale, { reload: false });
  document.documentElement.lang = locale;
}

/** Called once before the first render. */
export function applyRemembered(): void {
  setLocale("en", { reload: false });
  const { theme, language } = remembered();
  applyTheme(theme);
  applyLanguage(language);
}

/** Keeps the page in step with the settings; the answered language is the key under which the page must be drawn anew. */
export function usePreferences(): string {
  const settings = useSettings().data;
  const { theme, language } = settings ?? remembered();
  const [drawn, setDrawn] = useState(getLocale);

  useEffect(() => {
    applyTheme(theme);
    if (theme !== "system") return;
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const onChange = () => applyTheme("system");
    system.addEventListener("change", onChange);
    return () => system.removeEventListener("change", onChange);
  }, [theme]);

  useEffect(() => {
    applyLanguage(language);
    setDrawn(getLocale());
    if (settings) localStorage.setItem(REMEMBERED, JSON.stringify({ theme, language }));
  }, [theme, language, settings]);

  return drawn;
}
