// Checks what the compiler and the linter cannot: both languages are complete, a feature never imports a sibling feature,
// and no source file turns text into HTML.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const faults = [];

/** All files below `folder`, as absolute paths. */
function walk(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

/** The `{placeholders}` of a message, sorted; a message with plural forms counts the union of its forms. */
function placeholders(message) {
  const text = typeof message === "string" ? message : JSON.stringify(message.map((form) => form.match));
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort().join(",");
}

/** All messages of a language, gathered from the folders of `messages/`; a key that stands twice would hide one of the two. */
function catalogue(locale) {
  const gathered = {};
  for (const path of walk(join(root, "messages")).filter((path) => path.endsWith(`/${locale}.json`))) {
    for (const [key, message] of Object.entries(JSON.parse(readFileSync(path, "utf8")))) {
      if (key in gathered) faults.push(`${relative(root, path)}: "${key}" is there already in another file`);
      gathered[key] = message;
    }
  }
  return gathered;
}

const catalogues = Object.fromEntries(["en", "es"].map((locale) => [locale, catalogue(locale)]));
const listed = JSON.parse(readFileSync(join(root, "project.inlang/settings.json"), "utf8"));
for (const folder of readdirSync(join(root, "messages"))) {
  if (!listed["plugin.inlang.messageFormat"].pathPattern.includes(`./messages/${folder}/{locale}.json`))
    faults.push(`messages/${folder} is not listed in project.inlang/settings.json`);
}
const sources = walk(join(root, "src")).filter(
  (path) => /\.tsx?$/.test(path) && !path.includes("/paraglide/") && !path.includes("/bindings/"),
);
const code = sources.map((path) => readFileSync(path, "utf8")).join("\n");
const used = new Set([...code.matchAll(/\bm\.(\w+)\b/g)].map((match) => match[1]));

for (const [locale, other] of [
  ["en", "es"],
  ["es", "en"],
]) {
  for (const [key, message] of Object.entries(catalogues[locale])) {
    if (key.startsWith("$")) continue;
    if (!(key in catalogues[other])) faults.push(`the messages in ${other} lack "${key}"`);
    else if (placeholders(message) !== placeholders(catalogues[other][key]))
      faults.push(`"${key}" has other placeholders in ${other}`);
    if (message === "" || message?.length === 0) faults.push(`the message "${key}" is empty in ${locale}`);
    if (locale === "en" && !used.has(key)) faults.push(`messages: "${key}" is used nowhere`);
  }
}

const features = join(root, "src/features");
for (const path of sources) {
  const text = readFileSync(path, "utf8");
  const name = relative(root, path);
  if (/\binnerHTML\b|dangerouslySetInnerHTML|insertAdjacentHTML/.test(text) && !/\.test\.tsx?$/.test(path)) {
    faults.push(`${name}: turns text into HTML`);
  }
  if (text.split("\n").length > 500) faults.push(`${name}: more than 500 lines`);
  if (!path.startsWith(features)) {
    const room = relative(join(root, "src"), path).split("/")[0];
    if (["api", "components"].includes(room) && /from "@\/(features|app)\//.test(text))
      faults.push(`${name}: imports a feature or the app`);
    continue;
  }
  const own = relative(features, path).split("/")[0];
  for (const [, target] of text.matchAll(/from "@\/features\/([^/"]+)/g)) {
    if (target !== own) faults.push(`${name}: imports the sibling feature ${target}`);
  }
  if (/from "@\/app\//.test(text)) faults.push(`${name}: imports the app shell`);
  if (/from "\.\.\/\.\.\//.test(text)) faults.push(`${name}: leaves its feature with a relative import`);
}

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
console.log(
  `check: ${Object.keys(catalogues.en).length} messages in 2 languages, ${sources.length} source files`,
);
