import { CircleCheck, CircleX, Info, TriangleAlert } from "lucide-react";
import { classes } from "@/components/classes";
import { formatBytes } from "@/components/format";
import { m } from "@/paraglide/messages.js";
import { type Room, type Verdict, verdictOf } from "./room";

const ICONS = { fits: CircleCheck, later: TriangleAlert, never: CircleX, unknown: Info };

const TEXTS: Record<Verdict, (sizes: { needed: string; free: string; total: string }) => string> = {
  fits: ({ needed, free }) => m.room_fits({ needed, free }),
  later: ({ needed, free }) => m.room_later({ needed, free }),
  never: ({ needed, total }) => m.room_never({ needed, total }),
  unknown: ({ needed }) => m.room_unknown({ needed }),
};

/** Whether a model would fit, drawn and in words. */
export function FitLine({ needed, room }: { needed: number; room: Room | undefined }) {
  const verdict = verdictOf(needed, room);
  const Icon = ICONS[verdict];
  const whole = room && Math.max(room.total, needed);
  return (
    <div className={classes("room", `room-${verdict}`)} data-verdict={verdict}>
      <p className="room-line number">
        <Icon aria-hidden size={14} />
        <span>
          {TEXTS[verdict]({
            needed: formatBytes(needed),
            free: formatBytes(room?.free ?? 0),
            total: formatBytes(room?.total ?? 0),
          })}
        </span>
      </p>
      {room && whole !== undefined && (
        <span className="room-bar" aria-hidden>
          <span style={{ width: `${(100 * needed) / whole}%` }} />
          {needed > room.free && <i style={{ left: `${(100 * room.free) / whole}%` }} />}
        </span>
      )}
    </div>
  );
}
