// What the forms of file edits need to know, apart from the page.

/** First names for the parts of a split: the file's own, then numbered ones beside it. */
export function partNames(name: string, parts: number): string[] {
  const dot = name.lastIndexOf(".");
  const cut = dot > name.lastIndexOf("/") + 1 ? dot : name.length;
  const [stem, ending] = [name.slice(0, cut), name.slice(cut)];
  return Array.from({ length: parts }, (_, index) => (index === 0 ? name : `${stem}-${index + 1}${ending}`));
}

/** `index` put in at the end of what is picked, or taken out. */
export const togglePick = (picked: number[], index: number): number[] =>
  picked.includes(index) ? picked.filter((one) => one !== index) : [...picked, index];

/** Endings of files that have a page of their own in the preview. */
const PREVIEWED = new Set(["md", "markdown", "html", "htm", "css", "svg"]);
export const hasPreview = (type: string) => PREVIEWED.has(type.toLowerCase());
