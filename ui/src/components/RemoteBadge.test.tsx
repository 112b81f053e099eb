import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { SentOutBadge, ServerBadge } from "./RemoteBadge";
import { isThisMachine } from "./remoteHost";

test.each([
  ["localhost:8080", true],
  ["LOCALHOST", true],
  ["127.0.0.1:11434", true],
  ["127.1.2.3", true],
  ["[::1]:8080", true],
  ["model.localhost", true],
  ["gpu.example.org", false],
  ["localhost.example.org", false],
  ["192.168.1.4:8080", false],
  ["127.example.org", false],
])("%s is this machine: %s", (host, expected) => expect(isThisMachine(host)).toBe(expected));

test.each([
  [[], null],
  [["127.0.0.1:8080"], null],
  [["gpu.example.org"], "text is sent to gpu.example.org"],
  [["localhost:1", "a.example:8000", "b.example"], "text is sent to a.example:8000, b.example"],
])("a run whose text went to %j is marked with %s", (hosts, expected) => {
  const { container } = render(<SentOutBadge hosts={hosts} />);
  expect(container.querySelector(".sr-only")?.textContent ?? null).toBe(expected);
});

test.each([
  ["/models/tiny.gguf", null],
  ["http://localhost:8080/v1", "server on this machine"],
  ["https://gpu.example.org/v1", "text is sent to gpu.example.org"],
])("a model at %s is marked with %s", (path, expected) => {
  const { container } = render(<ServerBadge path={path} />);
  expect(container.querySelector(".badge")?.textContent ?? null).toBe(expected);
});
