import { useLayoutEffect, useState } from "react";
import { lazily } from "@/components/lazily";
import { ScreenWaiting } from "@/components/ScreenWaiting";
import { startDocuments } from "./document";
import { useDraft } from "./draft";

/** The two parts of the screen, of which a start shows one. */
export const Editor = lazily(() => import("./Editor").then((part) => part.Editor), ScreenWaiting);
export const Gallery = lazily(() => import("./Gallery").then((part) => part.Gallery), ScreenWaiting);

/** Choosing and editing a pipeline; `onStarted` gets the id of a run that was started from here. */
export function DesignScreen({ onStarted }: { onStarted: (runId: string) => void }) {
  const pipeline = useDraft((draft) => draft.pipeline);
  const choosing = useDraft((draft) => draft.choosing);
  const [begun, setBegun] = useState(false);
  // What was open last stands there at once, so nothing else is drawn before it is looked for.
  useLayoutEffect(() => {
    void startDocuments();
    setBegun(true);
  }, []);
  if (!begun) return null;
  return pipeline && !choosing ? <Editor pipeline={pipeline} onStarted={onStarted} /> : <Gallery />;
}
