// The colours of a source: of all of it at once, or of a long one in slices, those that are looked at. What was coloured is kept for a
// while, so that coming back to it shows no plain text in between. A source that is being written keeps the colours of its beginning and
// is coloured anew about once a second.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { api } from "./client";
import type { Highlight } from "./types";

/** Bytes above which the router colours a source only in slices. */
const WHOLE_MAX_BYTES = 512 * 1024;
/** Bytes that a source may have as JSON, a little less than a request may have; a longer one stays plain. */
export const SENT_MAX_BYTES = 2 * 1024 * 1024 - 1024;
/** Lines of a slice. */
export const SLICE_LINES = 500;
/** Lines before and after the ones in view that are coloured with them. */
const AROUND = 250;

/** Ms between two colourings of a source that grows. */
const GROWING_MS = 800;

/** The lines that are looked at. */
export interface Shown {
  /** From 0. */
  from: number;
  /** The line before which they end. */
  to: number;
  /** They change too fast at present for more to be asked for. */
  moving: boolean;
}

export interface Colours {
  language: string | undefined;
  styles: string[] | undefined;
  /** The runs of a line, from 0; undefined while it is plain. */
  spansOf: (line: number) => Highlight["lines"][number] | undefined;
}

const KEPT = { staleTime: Number.POSITIVE_INFINITY, gcTime: 60_000, retry: false } as const;

/** The colours of a source as far as they are there. `count` is its number of lines. */
export function useColours(type: string, content: string, count: number, shown: Shown): Colours {
  const long = useMemo(() => isLong(content), [content]);
  // A long source is told apart by its digest, since a key is read again with each render.
  const source = useMemo(() => (long ? digest(content) : content), [long, content]);
  const whole = useWhole(type, content, !long);
  const sent = useMemo(() => long && byteLength(JSON.stringify(content)) <= SENT_MAX_BYTES, [long, content]);
  const wanted = sent ? slicesOf(shown, count) : [];
  const slices = useQueries({
    queries: wanted.map((slice) => ({
      ...KEPT,
      queryKey: ["highlight", type, source, slice],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.highlight(type, content, signal, {
          from: slice * SLICE_LINES,
          to: Math.min((slice + 1) * SLICE_LINES, count),
        }),
      enabled: !shown.moving,
    })),
  });
  const found = new Map(wanted.map((slice, index) => [slice, slices[index]?.data]));
  const any = whole ?? [...found.values()].find((slice) => slice !== undefined);
  return {
    language: any?.language,
    styles: any?.styles,
    spansOf: (line) =>
      whole ? whole.lines[line] : found.get(Math.floor(line / SLICE_LINES))?.lines[line % SLICE_LINES],
  };
}

/** The colours of all of a source, or of its beginning while it grows. */
function useWhole(type: string, content: string, enabled: boolean): Highlight | undefined {
  const asked = useSeldom(content);
  const { data } = useQuery({
    ...KEPT,
    queryKey: ["highlight", type, asked],
    queryFn: ({ signal }) => api.highlight(type, asked, signal),
    enabled,
  });
  const [latest, keep] = useState<{ type: string; content: string; data: Highlight }>();
  if (data && latest?.data !== data) keep({ type, content: asked, data });
  if (!enabled) return undefined;
  return data ?? (latest?.type === type && content.startsWith(latest.content) ? latest.data : undefined);
}

/** A text; one that only grows is passed on seldom, and in the end as it is. */
function useSeldom(text: string): string {
  const [held, hold] = useState(text);
  const heldAt = useRef(0);
  const grows = text !== held && held !== "" && text.startsWith(held);
  useEffect(() => {
    if (text === held) return;
    const wait_ms = grows ? Math.max(0, heldAt.current + GROWING_MS - Date.now()) : 0;
    const timer = setTimeout(() => {
      heldAt.current = Date.now();
      hold(text);
    }, wait_ms);
    return () => clearTimeout(timer);
  }, [text, held, grows]);
  return grows ? held : text;
}

/** The slices that hold the lines in view and some around them. */
export function slicesOf({ from, to }: Pick<Shown, "from" | "to">, count: number): number[] {
  if (to <= from) return [];
  const first = Math.floor(Math.max(0, from - AROUND) / SLICE_LINES);
  const last = Math.floor((Math.min(count, to + AROUND) - 1) / SLICE_LINES);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function isLong(content: string): boolean {
  if (content.length > WHOLE_MAX_BYTES) return true;
  // No character has more than three bytes a code unit.
  return content.length * 3 > WHOLE_MAX_BYTES && byteLength(content) > WHOLE_MAX_BYTES;
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/** A number of 64 bits with the length that tells texts apart; nothing is protected by it. */
export function digest(text: string): string {
  let [one, other] = [0x811c9dc5, 0x9dc5811c];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other ^ code, 0x85ebca6b);
    other ^= other >>> 15;
  }
  return `${text.length} ${(one >>> 0).toString(16)} ${(other >>> 0).toString(16)}`;
}

/** A language's name for people by its file extension, e.g. `Python`. */
export const useLanguageName = (type: string) =>
  useQuery({
    queryKey: ["language", type],
    queryFn: ({ signal }) => api.highlight(type, "", signal),
    select: (answer) => answer.language,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  }).data;
