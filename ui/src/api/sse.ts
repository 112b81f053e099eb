// Parses a server-sent event stream from text that arrives in arbitrary pieces: a piece may end in the middle of a line, between the
// two characters of a CRLF, or between two events. Keeps only what the orchestrator sends: `id`, `event` and `data`.

/** One dispatched event. `data` joins its data lines with newlines. */
export interface SseEvent {
  id?: string;
  event?: string;
  data: string;
}

/** Returns a function that takes the next piece of text and answers the events that it completed. */
export function sseParser(): (piece: string) => SseEvent[] {
  let rest = "";
  let endedInCr = false;
  let data: string[] = [];
  let id: string | undefined;
  let event: string | undefined;

  function field(line: string): void {
    if (line.startsWith(":")) return;
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const raw = colon < 0 ? "" : line.slice(colon + 1);
    const value = raw.startsWith(" ") ? raw.slice(1) : raw;
    if (name === "data") data.push(value);
    else if (name === "id") id = value;
    else if (name === "event") event = value;
  }

  return (piece) => {
    const done: SseEvent[] = [];
    // A CR that ended the last piece already closed its line, so an LF that opens this one belongs to it.
    const text = rest + (endedInCr && piece.startsWith("\n") ? piece.slice(1) : piece);
    if (piece.length > 0) endedInCr = piece.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== "") {
        field(line);
        continue;
      }
      if (data.length > 0) {
        done.push({
          data: data.join("\n"),
          ...(id !== undefined && { id }),
          ...(event !== undefined && { event }),
        });
      }
      data = [];
      id = undefined;
      event = undefined;
    }
    return done;
  };
}
