import { useCommands } from "@/components/commands";
import { lazily } from "@/components/lazily";
import { usePasting } from "@/components/pasting";
import { m } from "@/paraglide/messages.js";

const PasteSheet = lazily(
  () => import("./PasteSheet").then((part) => part.PasteSheet),
  () => null,
);

/** The command that reads a text of any model for files, and its panel while that is open. */
export function PasteOutput() {
  const { earlier, open, close } = usePasting();
  useCommands([
    {
      id: "app.paste-output",
      title: m.paste_output(),
      group: "go",
      words: m.paste_output_words(),
      run: () => open(),
    },
  ]);
  return earlier && <PasteSheet earlier={earlier} onClose={close} />;
}
