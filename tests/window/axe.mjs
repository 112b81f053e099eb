// Accessibility of what is on screen, as axe judges it: WCAG 2.2, levels A and AA.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What is wrong on the open page, one line a fault with the places; empty when nothing is. */
export async function axeFaults(page) {
  const { browser } = page;
  if (!(await browser.execute(() => "axe" in window))) await browser.execute(source);
  const { violations, error } = await browser.executeAsync((tags, done) => {
    window.axe
      .run(document, { runOnly: tags, resultTypes: ["violations"] })
      .then(done)
      .catch((fault) => done({ error: String(fault) }));
  }, TAGS);
  if (error) throw new Error(`axe failed: ${error}`);
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help} at ${node.target.join(" ")}: ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ""}`));
}
