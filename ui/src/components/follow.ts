// Whether a growing text is kept in view at its end. Pure, so that the rule can be tried without a page.

/** Where a scrolling box stands, in px. */
export interface Place {
  top: number;
  /** Height of what is scrolled. */
  whole: number;
  /** Height of the box. */
  shown: number;
}

/** Distance in px from the end within which the reader counts as being at the end. */
const NEAR_END = 24;
/** Upward moves of no more than this in px are rounding, not the reader. */
const STILL = 1;

export const atEnd = ({ top, whole, shown }: Place): boolean => whole - top - shown < NEAR_END;

/**
 * Whether to follow after a scroll from `lastTop` to `place`. A move up lets go at once, however small, so that the page never pulls
 * against the reader; only a move down to the end takes hold again.
 */
export function followsAfter(follows: boolean, lastTop: number, place: Place): boolean {
  if (place.top < lastTop - STILL) {
    // A text that became shorter moves the place up by itself, and then its end is in view exactly.
    return follows && place.whole - place.top - place.shown <= STILL;
  }
  return follows || atEnd(place);
}
