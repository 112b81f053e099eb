import { GripVertical } from "lucide-react";
import { type PointerEvent, useRef } from "react";
import { useDraft } from "../draft";

interface DragGripProps {
  position: number;
  count: number;
  /** Told where the step would go while it is dragged: before the step at that position; null when it stays. */
  onTarget: (position: number | null) => void;
}

/** Drags a step to another place in the list. The keyboard has Alt with an arrow for that, so this is for the pointer alone. */
export function DragGrip({ position, count, onTarget }: DragGripProps) {
  const target = useRef<number | null>(null);

  function targetAt(event: PointerEvent): number {
    const rows = [...(event.currentTarget.closest("ol")?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const steps = rows.slice(1, 1 + count);
    return steps.filter((row) => {
      const { top, height } = row.getBoundingClientRect();
      return top + height / 2 < event.clientY;
    }).length;
  }
  function end(commit: boolean) {
    const to = target.current;
    target.current = null;
    onTarget(null);
    // The place is counted with the step still in it.
    if (commit && to !== null) useDraft.getState().moveStep(position, to > position ? to - 1 : to);
  }
  return (
    <span
      className="outline-grip"
      data-testid={`grip-${position}`}
      aria-hidden
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture?.(event.pointerId);
        target.current = position;
      }}
      onPointerMove={(event) => {
        if (target.current === null) return;
        target.current = targetAt(event);
        onTarget(target.current === position || target.current === position + 1 ? null : target.current);
      }}
      onPointerUp={() => end(true)}
      onPointerCancel={() => end(false)}
    >
      <GripVertical size={14} />
    </span>
  );
}
