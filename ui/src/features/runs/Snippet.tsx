import type { SnippetPart } from "@/api/library";

/** Where in the run a search found something; what it found is marked. The words are text, whatever they look like. */
export function Snippet({ parts }: { parts: SnippetPart[] }) {
  return (
    <small className="run-under snippet">
      {parts.map((part, index) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one answer never move.
        part.hit ? <mark key={index}>{part.text}</mark> : part.text,
      )}
    </small>
  );
}
