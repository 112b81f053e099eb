import { expect, test } from "vitest";
import { sseParser } from "./sse";

const STREAM = ': hello\r\n\r\nid: 7\ndata: {"a":1}\n\nevent: note\rdata: one\rdata: two\r\rdata:ñ😀\n\n';
const EVENTS = [{ id: "7", data: '{"a":1}' }, { event: "note", data: "one\ntwo" }, { data: "ñ😀" }];

test("parses a stream in one piece", () => {
  expect(sseParser()(STREAM)).toEqual(EVENTS);
});

test("gives the same events however the stream is cut", () => {
  for (let size = 1; size < STREAM.length; size++) {
    const parse = sseParser();
    const events = [];
    for (let at = 0; at < STREAM.length; at += size) events.push(...parse(STREAM.slice(at, at + size)));
    expect(events, `pieces of ${size}`).toEqual(EVENTS);
  }
});

test("an event without its closing blank line is not dispatched", () => {
  const parse = sseParser();
  expect(parse("data: x\n")).toEqual([]);
  expect(parse("\n")).toEqual([{ data: "x" }]);
});
