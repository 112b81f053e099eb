import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { onCommandKey } from "./commands";
import { followsAfter } from "./follow";
import { OutputText } from "./OutputText";

const place = (top: number, whole = 1000, shown = 200) => ({ top, whole, shown });

test.each<[string, boolean, number, ReturnType<typeof place>, boolean]>([
  ["the smallest move up lets go", true, 800, place(790), false],
  ["a move up far from the end lets go", true, 800, place(100), false],
  ["a move down that does not reach the end does not take hold", false, 100, place(500), false],
  ["reaching the end takes hold", false, 500, place(790), true],
  ["text that grows below does not let go", true, 800, place(800, 1400), true],
  ["a text that became shorter does not let go", true, 800, place(300, 500), true],
  ["nor does it take hold", false, 800, place(300, 500), false],
])("following: %s", (_, follows, lastTop, now, expected) => {
  expect(followsAfter(follows, lastTop, now)).toBe(expected);
});

/** A box of 200 px whose text is `whole` px high; the page of the tests has no sizes of its own. */
function sized(box: HTMLElement, whole: () => number) {
  Object.defineProperties(box, {
    clientHeight: { get: () => 200 },
    scrollHeight: { get: whole },
  });
}

test("the output follows until the reader scrolls up, and the button or F takes it up again", async () => {
  document.addEventListener("keydown", onCommandKey);
  let whole = 1000;
  const output = (text: string) => <OutputText text={text} label="Output" streaming testId="out" />;
  const { rerender } = render(output("one"));
  const box = screen.getByRole("region", { name: "Output" });
  sized(box, () => whole);
  rerender(output("one two"));
  expect(box.scrollTop).toBe(1000);
  fireEvent.scroll(box);
  box.scrollTop = 700;
  fireEvent.scroll(box);
  expect(screen.getByTestId("follow")).toBeTruthy();
  whole = 1400;
  rerender(output("one two three"));
  expect(box.scrollTop).toBe(700);
  await userEvent.click(screen.getByTestId("follow"));
  expect(box.scrollTop).toBe(1400);
  expect(screen.queryByTestId("follow")).toBeNull();
  expect(document.activeElement).toBe(box);
  fireEvent.scroll(box);
  box.scrollTop = 900;
  fireEvent.scroll(box);
  await userEvent.keyboard("f");
  expect(box.scrollTop).toBe(1400);
  expect(screen.queryByTestId("follow")).toBeNull();
  document.removeEventListener("keydown", onCommandKey);
});
