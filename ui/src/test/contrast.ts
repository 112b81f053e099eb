// Contrast as WCAG 2.2 counts it, of colours written as `#rrggbb`.

/** The custom properties that hold a plain colour, by theme. Dark ones fall back to the light ones, as in the page. */
export function themeColours(css: string): Record<"light" | "dark", Map<string, string>> {
  const block = (selector: string) => {
    const start = css.indexOf(`${selector} {`);
    const body = css.slice(start, css.indexOf("\n}", start));
    return [...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/gi)].map(
      ([, name = "", value = ""]) => [name, value] as const,
    );
  };
  const light = block('[data-theme="light"]');
  return { light: new Map(light), dark: new Map([...light, ...block('[data-theme="dark"]')]) };
}

/** Relative luminance from 0 (black) to 1 (white). */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** From 1 (the same) to 21 (black on white). */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
