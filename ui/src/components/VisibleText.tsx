import { memo } from "react";
import { m } from "@/paraglide/messages.js";
import { textParts } from "./hiddenCharacters";

/**
 * Text in which invisible characters show as marks such as `U+202E`. The characters stay in the page, each alone in a box of its
 * own where it has no power over the order of the text around it, so that what is selected and copied is the original.
 */
export const VisibleText = memo(function VisibleText({ text }: { text: string }) {
  const parts = textParts(text);
  if (parts.length === 1 && !parts[0]?.code) return text;
  return parts.map(({ text: part, code, count }, index) =>
    code ? (
      <span
        // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place in the text.
        key={index}
        className="hidden-character"
        data-code={count > 1 ? `${code} ×${count}` : code}
        title={count > 1 ? m.hidden_characters({ code, count: String(count) }) : m.hidden_character({ code })}
      >
        <span>{part}</span>
      </span>
    ) : (
      part
    ),
  );
});
