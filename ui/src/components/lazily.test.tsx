import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { type ComponentType, useEffect, useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { onCommandKey, useCommands } from "./commands";
import { forgetHeldKeys, isAwaiting } from "./heldKeys";
import { lazily } from "./lazily";

interface Named {
  name: string;
}

const pressed = vi.fn();

/** A screen that answers to `mod+o`. */
function Screen({ name }: Named) {
  useCommands([
    { id: "open", title: "Open", group: "here", keys: "mod+o", run: () => pressed(`${name} opens`) },
  ]);
  return <p>{name} is here</p>;
}

/** A part whose loading ends when the test says so. */
function part() {
  const loads: { resolve: (component: ComponentType<Named>) => void; reject: (error: Error) => void }[] = [];
  const load = () => new Promise<ComponentType<Named>>((resolve, reject) => loads.push({ resolve, reject }));
  return { Part: lazily(load, ({ name }) => <p>{name} to come</p>), loads };
}

const press = (key: string) =>
  fireEvent(
    document.body,
    new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, cancelable: true }),
  );
/** Time for whatever would be carried out by now. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

beforeEach(() => window.addEventListener("keydown", onCommandKey));
afterEach(() => {
  window.removeEventListener("keydown", onCommandKey);
  forgetHeldKeys();
  pressed.mockReset();
  vi.useRealTimers();
});

test("its stand-in is shown until it has come, and never again", async () => {
  const { Part, loads } = part();
  const first = render(<Part name="Design" />);
  expect(screen.getByText("Design to come")).toBeTruthy();
  loads[0]?.resolve(Screen);
  expect(await screen.findByText("Design is here")).toBeTruthy();
  first.unmount();
  render(<Part name="Design" />);
  expect(screen.getByText("Design is here")).toBeTruthy();
  expect(loads.length).toBe(1);
});

test("one that was loaded ahead is there at once, and is not asked for twice", async () => {
  const { Part, loads } = part();
  const ahead = Part.preload();
  loads[0]?.resolve(Screen);
  await ahead;
  render(<Part name="Runs" />);
  expect(screen.getByText("Runs is here")).toBeTruthy();
  expect(loads.length).toBe(1);
});

test("a failure is told with its cause, and another try brings the part", async () => {
  const { Part, loads } = part();
  render(<Part name="Runs" />);
  loads[0]?.reject(new Error("the server is gone"));
  expect((await screen.findByTestId("part-failed")).textContent).toContain("the server is gone");
  expect(isAwaiting()).toBe(false);
  fireEvent.click(screen.getByTestId("part-retry"));
  loads[1]?.reject(new Error("still gone"));
  expect(await screen.findByText(/still gone/)).toBeTruthy();
  await waitFor(() => expect(screen.getByTestId("part-retry").hasAttribute("disabled")).toBe(false));
  fireEvent.click(screen.getByTestId("part-retry"));
  loads[2]?.resolve(Screen);
  expect(await screen.findByText("Runs is here")).toBeTruthy();
});

test("a failure ahead of its time is nobody's trouble, and one that was left is tried anew", async () => {
  const { Part, loads } = part();
  const ahead = Part.preload();
  loads[0]?.reject(new Error("too early"));
  await ahead;
  const first = render(<Part name="Runs" />);
  expect(screen.getByText("Runs to come")).toBeTruthy();
  loads[1]?.reject(new Error("gone"));
  await screen.findByTestId("part-failed");
  first.unmount();
  render(<Part name="Runs" />);
  expect(screen.getByText("Runs to come")).toBeTruthy();
  expect(loads.length).toBe(3);
});

test("a key that is pressed too early waits for the commands of the part", async () => {
  const { Part, loads } = part();
  render(<Part name="Design" />);
  // The browser must not open its own dialog for it.
  expect(press("o")).toBe(false);
  expect(pressed).not.toHaveBeenCalled();
  loads[0]?.resolve(Screen);
  await waitFor(() => expect(pressed.mock.calls).toEqual([["Design opens"]]));
  press("o");
  expect(pressed).toHaveBeenCalledTimes(2);
});

test("a key waits through a part inside the part", async () => {
  const inner = part();
  const outer = part();
  render(<outer.Part name="Design" />);
  press("o");
  outer.loads[0]?.resolve(inner.Part);
  expect(await screen.findByText("Design to come")).toBeTruthy();
  await settle();
  expect(pressed).not.toHaveBeenCalled();
  inner.loads[0]?.resolve(Screen);
  await waitFor(() => expect(pressed).toHaveBeenCalledTimes(1));
});

test("a key is not kept for another screen, for long, or without something that is awaited", async () => {
  const { Part, loads } = part();
  // Nothing is awaited: the key is the browser's.
  expect(press("o")).toBe(true);
  render(<Part name="Design" />);
  // Neither is the way to load the page anew ever taken.
  expect(press("r")).toBe(true);
  press("o");
  forgetHeldKeys();
  vi.useFakeTimers({ toFake: ["Date"] });
  press("o");
  vi.setSystemTime(Date.now() + 6000);
  loads[0]?.resolve(Screen);
  await screen.findByText("Design is here");
  await settle();
  expect(pressed).not.toHaveBeenCalled();
});

const opened = part();

/** Its command opens another part in its place. */
function Opening({ name }: Named) {
  const [open, setOpen] = useState(false);
  useCommands([{ id: "go", title: "Go", group: "here", keys: "mod+g", run: () => setOpen(true) }]);
  useEffect(() => void (open && pressed("went")), [open]);
  return open ? <opened.Part name={name} /> : <p>closed</p>;
}

test("a command that opens something else leaves the next key to that", async () => {
  const outer = part();
  render(<outer.Part name="Gallery" />);
  press("g");
  press("o");
  outer.loads[0]?.resolve(Opening);
  expect(await screen.findByText("Gallery to come")).toBeTruthy();
  await waitFor(() => expect(pressed.mock.calls).toEqual([["went"]]));
  await settle();
  expect(pressed).toHaveBeenCalledTimes(1);
  opened.loads[0]?.resolve(Screen);
  await waitFor(() => expect(pressed.mock.calls).toEqual([["went"], ["Gallery opens"]]));
});
