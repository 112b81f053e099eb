// Runs axe on what a test has rendered. happy-dom has no layout and no colours, so what needs them is left to the tests in a real
// browser; names, roles, states and structure are judged here.
import axe from "axe-core";
import { expect } from "vitest";

/** Rules that look at pixels, or at a whole document that a rendered part is not. */
const NOT_HERE = [
  "color-contrast",
  "target-size",
  "scrollable-region-focusable",
  "html-has-lang",
  "document-title",
  "region",
  "landmark-one-main",
  "page-has-heading-one",
  "bypass",
];

/** Fails with every violation and the elements that have it. */
export async function expectAccessible(root: Element = document.body): Promise<void> {
  // A guard sends the focus on as soon as it gets it, so that nobody ever stands on the hidden element.
  const context = { include: [root], exclude: [["[data-base-ui-focus-guard]"]] };
  const { violations } = await axe.run(context, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: Object.fromEntries(NOT_HERE.map((id) => [id, { enabled: false }])),
    resultTypes: ["violations"],
  });
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)}`),
  );
  expect(found).toEqual([]);
}
