/** Whether the user looks at this window: it is visible and has the focus. */
export const isLookedAt = (): boolean => document.visibilityState === "visible" && document.hasFocus();
