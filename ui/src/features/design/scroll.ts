/** Brings `element` to the top of the box that scrolls it, and moves nothing around that box. */
export function scrollToTop(element: Element | null): void {
  if (!element) return;
  let box = element.parentElement;
  while (box && !scrolls(box)) box = box.parentElement;
  box?.scrollBy?.({ top: element.getBoundingClientRect().top - box.getBoundingClientRect().top });
}

const scrolls = (box: Element): boolean =>
  /auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight;
