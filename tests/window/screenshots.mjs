// Screenshots, kept as build artifacts, with a contact sheet of all of them beside them: `index.html`.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { screenshotsDir } from "./places.mjs";

/** Keeps what the window shows, as `NAME.png` with everything but letters and digits turned into `-`. */
export async function saveScreenshot(window, name) {
  // The longest transition takes 200 ms, and a busy machine may be a frame behind what the page has become.
  await sleep(350);
  await window.browser.executeAsync((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));
  const folder = screenshotsDir();
  const file = join(folder, `${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.png`);
  await window.browser.saveScreenshot(file);
  writeFileSync(join(folder, "index.html"), contactSheet(readdirSync(folder)));
  return file;
}

/** A page that shows all pictures in small, each leading to itself. Their names are made of letters, digits and `-`. */
function contactSheet(files) {
  const figure = (file) => `<figure><a href="${file}"><img src="${file}" loading="lazy" alt=""></a><figcaption>${file.slice(0, -4)}</figcaption></figure>`;
  const style = "body{font:13px system-ui;display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:16px}figure{margin:0}img{width:100%;border:1px solid #888}";
  const figures = files.filter((file) => file.endsWith(".png")).sort().map(figure).join("\n");
  return `<!doctype html><meta charset="utf-8"><title>Screenshots</title><style>${style}</style>\n${figures}\n`;
}
