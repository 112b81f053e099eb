// The files in an output that is still being written or edited. The router finds the real ones when the output is complete, by rules
// that go further; this reads enough of them to show a file the moment its fence closes. Every decision is made on whole lines.
import type { Artifact } from "@/api/types";

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const NAME = /[\w@.-]+(?:\/[\w@.-]+)*\.[A-Za-z0-9]{1,8}/;

/** Endings of files by the word after a fence, where the two differ. */
const ENDINGS: Record<string, string> = {
  javascript: "js",
  typescript: "ts",
  python: "py",
  markdown: "md",
  rust: "rs",
  bash: "sh",
  shell: "sh",
  yaml: "yml",
  ruby: "rb",
  "c++": "cpp",
  csharp: "cs",
  kotlin: "kt",
};

interface Open {
  marker: string;
  type: string;
  name: string | undefined;
  lines: string[];
}

/** The blocks of `text` so far, in order; the last one is not `closed` while its fence is open. */
export function foundFiles(stepName: string, text: string): Artifact[] {
  const files: Artifact[] = [];
  let open: Open | undefined;
  let before = "";
  const put = (block: Open, closed: boolean) => {
    const content = block.lines.join("\n");
    if (content.trim() === "") return;
    const name = block.name ?? `${stepName}_component_${files.length}.${block.type}`;
    const taken = files.some((file) => file.name === name);
    files.push({
      type: block.type,
      name: taken ? `${files.length}-${name}` : name,
      content: `${content}\n`,
      named: block.name !== undefined,
      closed,
    });
  };
  const lines = text.split("\n");
  // The last piece has no newline yet, so it may still become a fence.
  const rest = lines.pop() ?? "";
  for (const line of lines) {
    const fence = FENCE.exec(line);
    if (open) {
      if (fence?.[1]?.startsWith(open.marker) && fence[2]?.trim() === "") {
        put(open, true);
        open = undefined;
        before = "";
      } else open.lines.push(line);
    } else if (fence) open = begin(fence[1] ?? "```", fence[2] ?? "", before);
    else if (line.trim() !== "") before = line;
  }
  if (open) {
    const closes = rest.trim() !== "" && rest.trim().startsWith(open.marker);
    if (!closes && rest !== "") open.lines.push(rest);
    put(open, closes);
  }
  return files;
}

function begin(marker: string, info: string, before: string): Open {
  const words = info.trim().split(/[\s,]+/);
  const tag = (words[0] ?? "").replace(/[^\w+#.-].*$/, "").toLowerCase();
  const told = NAME.exec(info)?.[0] ?? nameOf(before);
  const ending = told?.split(".").at(-1)?.toLowerCase();
  return { marker, type: ending ?? (ENDINGS[tag] || tag || "txt"), name: told, lines: [] };
}

/** A name that a line consists of, its ornaments left out. */
function nameOf(line: string): string | undefined {
  const bare = line
    .replace(/[*`]+/g, "")
    .replace(/^[\s#>\d.-]*(?:file(?:name)?|path|archivo|fichero)?\s*:?/i, "")
    .replace(/:?\s*$/, "")
    .trim();
  const found = NAME.exec(bare)?.[0];
  return found === bare ? found : undefined;
}
