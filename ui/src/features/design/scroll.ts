/** Brings `element` to the top of the box that scrolls it, and moves nothing around that box. */
export function scrollToTop(element: Element | null): void {
  if (!element) return;
  let box = element.parentElement;
  while (box && !scrolls(box)) box = box.parentElement;
  box?.scrollBy?.({ top: element.getBoundingClientRect().top - box.getBoundingClientRect().top });
}

/** What a person does to be elsewhere. */
const OWN_WAY = ["wheel", "pointerdown", "keydown"] as const;

/**
 * Brings `element` to the top and keeps it there as it grows, until the user does something: what is still being read is too short to get
 * there at first.
 */
export function keepAtTop(element: Element | null): void {
  if (!element) return;
  scrollToTop(element);
  const growth = new ResizeObserver(() => scrollToTop(element));
  growth.observe(element);
  const over = new AbortController();
  const stop = () => {
    growth.disconnect();
    over.abort();
  };
  for (const kind of OWN_WAY)
    window.addEventListener(kind, stop, { capture: true, passive: true, signal: over.signal });
}

const scrolls = (box: Element): boolean =>
  /auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight;
