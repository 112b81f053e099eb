// Screenshots, kept as build artifacts, with a contact sheet of all of them beside them: `index.html`.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { screenshotsDir } from "./places.mjs";

/** Keeps what the window shows, as `NAME.png` with everything but letters and digits turned into `-`. */
export async function saveScreenshot(window, name) {
  // The longest transition takes 200 ms, and a busy machine may be a frame behind what the page has become.
  await sleep(350);
  const folder = screenshotsDir();
  const file = join(folder, `${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.png`);
  await shoot(window.browser, file);
  writeFileSync(join(folder, "index.html"), contactSheet(readdirSync(folder)));
  return file;
}

/** Writes a picture of what is shown as soon as the page has been drawn as it is now. */
export async function shoot(browser, file) {
  await browser.executeAsync((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));
  await browser.execute(keepDrawing);
  await browser.saveScreenshot(file);
}

/** In the page: two seconds of drawing one pixel that nobody sees. WebKit waits for the next drawing before it takes a picture, and
 * where it paints without a graphics device there is none while nothing changes. */
function keepDrawing() {
  const pixel = document.createElement("div");
  pixel.style.cssText = "position:fixed;left:0;top:0;width:1px;height:1px;pointer-events:none";
  document.body.append(pixel);
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    pixel.style.background = `rgba(0, 0, 0, 0.00${1 + (count % 2)})`;
    if (count < 60) return;
    clearInterval(timer);
    pixel.remove();
  }, 33);
}

/** A page that shows all pictures in small, each leading to itself. Their names are made of letters, digits and `-`. */
function contactSheet(files) {
  const figure = (file) => `<figure><a href="${file}"><img src="${file}" loading="lazy" alt=""></a><figcaption>${file.slice(0, -4)}</figcaption></figure>`;
  const style = "body{font:13px system-ui;display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:16px}figure{margin:0}img{width:100%;border:1px solid #888}";
  const figures = files.filter((file) => file.endsWith(".png")).sort().map(figure).join("\n");
  return `<!doctype html><meta charset="utf-8"><title>Screenshots</title><style>${style}</style>\n${figures}\n`;
}
