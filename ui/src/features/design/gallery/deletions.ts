// Saved pipelines that were deleted a moment ago. The router is told only when the time to undo is over, so that undo brings back every
// version and not just the last text.
import { toast } from "sonner";
import { create } from "zustand";
import { design } from "@/api/design";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { documents } from "../document";

/** Time in ms in which a deletion can be undone. */
export const UNDO_MS = 8000;

/** Ids of pipelines that are as good as deleted. */
export const useDeletions = create<{ ids: string[] }>()(() => ({ ids: [] }));

const timers = new Map<string, ReturnType<typeof setTimeout>>();
const drop = (id: string) => useDeletions.setState(({ ids }) => ({ ids: ids.filter((one) => one !== id) }));

/** Deletes a saved pipeline after the time to undo; `done` is called when it has gone. */
export function deletePipeline(id: string, name: string, done: () => void): void {
  useDeletions.setState(({ ids }) => ({ ids: [...ids, id] }));
  const carryOut = async () => {
    timers.delete(id);
    try {
      await design.deletePipeline(id);
      if (documents.state().id === id) documents.close();
    } catch (error) {
      toast.error(m.gal_delete_failed({ name }), { description: errorText(error) });
    }
    drop(id);
    done();
  };
  timers.set(id, setTimeout(carryOut, UNDO_MS));
  toast(m.gal_deleted({ name }), {
    duration: UNDO_MS,
    action: {
      label: m.undo(),
      onClick: () => {
        clearTimeout(timers.get(id));
        timers.delete(id);
        drop(id);
      },
    },
  });
}
