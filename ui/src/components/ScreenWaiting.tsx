import { Skeleton } from "./States";

/** A screen that is still being loaded: its bar and the ground below it, so that nothing jumps. Grey bars come only when it takes long. */
export function ScreenWaiting() {
  return (
    <div className="screen" aria-busy data-testid="screen-waiting">
      <div className="top-bar" />
      <div className="screen-pad waiting-late">
        <Skeleton rows={4} tall />
      </div>
    </div>
  );
}
