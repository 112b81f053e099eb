// Looks at a screen as a person with little room would: nothing is cut off, and whatever can be used can be reached.
import { axeFaults } from "./axe.mjs";

/** What is wrong with what the window shows: what is cut off, and what axe finds. */
export const faultsOf = async (window) => [...(await window.browser.execute(cutOff)), ...(await axeFaults(window))];

/** What sticks out of the window to the right, or stands wider than the box that clips it without a way to scroll. */
export function cutOff() {
  const wrong = [];
  if (document.documentElement.scrollWidth > window.innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  for (const element of document.querySelectorAll("button, h1, h2, h3, label, dt, th, .chip, .badge")) {
    const box = element.getBoundingClientRect();
    // What only screen readers read is one pixel wide on purpose.
    if (box.width <= 1) continue;
    const style = getComputedStyle(element);
    const clipped = element.scrollWidth > element.clientWidth + 1 && style.overflowX !== "visible" && style.textOverflow !== "ellipsis" && element.clientWidth > 0;
    if (clipped) wrong.push(`cut off: "${element.textContent.trim().slice(0, 60)}"`);
  }
  return wrong;
}

/** Controls that no scrolling brings into the window, or that something else covers there. The canvas is left out: it is moved, not
 * scrolled, and its outline holds the same. */
export function unreachable() {
  const wrong = [];
  const dialogs = [...document.querySelectorAll('[role="dialog"], [role="alertdialog"], [role="menu"]')].filter((one) => one.getClientRects().length > 0);
  const root = dialogs.at(-1) ?? document.body;
  for (const element of root.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')) {
    const style = getComputedStyle(element);
    if (element.getClientRects().length === 0 || style.visibility === "hidden" || style.pointerEvents === "none") continue;
    if (element.disabled || element.closest('.react-flow, [inert], [aria-hidden="true"], [data-sonner-toaster], .skip-link, .sr-only')) continue;
    const label = element.closest("label");
    const seen = element.getBoundingClientRect().width <= 1 || style.opacity === "0" ? label : element;
    if (!seen || seen.getBoundingClientRect().width <= 1) continue;
    // A box that hides its overflow scrolls for a script, but for nobody else.
    const hiding = [];
    for (let box = seen.parentElement; box; box = box.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(box);
      hiding.push([box, overflowX === "hidden" || overflowX === "clip", overflowY === "hidden" || overflowY === "clip", box.scrollLeft, box.scrollTop]);
    }
    seen.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const name = `${element.tagName.toLowerCase()} "${(element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 40)}"`;
    for (const [box, x, y, left, top] of hiding) {
      if ((x && Math.abs(box.scrollLeft - left) > 1) || (y && Math.abs(box.scrollTop - top) > 1)) {
        wrong.push(`${name} lies outside of ${box.className || box.tagName}`);
        box.scrollLeft = left;
        box.scrollTop = top;
      }
    }
    // Of what is larger than the window, the part that is in it counts.
    const { left, top, right, bottom } = seen.getBoundingClientRect();
    const middle = (from, to, limit) => (Math.max(from, 0) + Math.min(to, limit)) / 2;
    const at = document.elementFromPoint(middle(left, right, window.innerWidth), middle(top, bottom, window.innerHeight));
    if (!at) wrong.push(`${name} is outside of the window`);
    else if (!seen.contains(at) && !at.contains(seen) && at.closest("label") !== label) wrong.push(`${name} is covered by ${at.className || at.tagName}`);
  }
  return wrong;
}
