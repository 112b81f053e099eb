// Parts of the page that are loaded when they are needed, or before that when nothing else is to be done.
import { type ComponentType, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { createStore, useStore } from "zustand";
import { m } from "@/paraglide/messages.js";
import { Button } from "./Button";
import { awaitCommands } from "./heldKeys";
import { ErrorPanel } from "./States";

export type Lazy<P> = ComponentType<P> & {
  /** Loads the part without showing it; a failure is told only once the part is wanted. */
  preload: () => Promise<void>;
};

interface Loaded<P> {
  component: ComponentType<P> | null;
  error: Error | null;
}

/**
 * The component that `load` brings. `Waiting` stands in its place until then; it gets the same properties, so that it can have the same
 * size. A part that was loaded before is there at once, without a frame of waiting.
 */
export function lazily<P extends object>(
  load: () => Promise<ComponentType<P>>,
  Waiting: ComponentType<P>,
): Lazy<P> {
  const store = createStore<Loaded<P>>(() => ({ component: null, error: null }));
  let loading: Promise<void> | null = null;

  function fetchOnce(): Promise<void> {
    loading ??= load().then(
      (component) => store.setState({ component, error: null }),
      (error: unknown) => {
        loading = null;
        throw error;
      },
    );
    return loading;
  }
  const show = () =>
    fetchOnce().catch((error: unknown) =>
      store.setState({ error: error instanceof Error ? error : new Error(String(error)) }),
    );

  function Part(props: P) {
    const { component: Component, error } = useStore(store);
    if (Component) return <Component {...props} />;
    if (error)
      return <PartFailed error={error} onRetry={show} onLeave={() => store.setState({ error: null })} />;
    return (
      <Awaited onShown={show}>
        <Waiting {...props} />
      </Awaited>
    );
  }
  return Object.assign(Part, { preload: () => fetchOnce().catch(() => {}) });
}

/** Begins to load, and keeps the keys that are pressed meanwhile for what comes. */
function Awaited({ onShown, children }: { onShown: () => void; children: ReactNode }) {
  const begin = useRef(onShown);
  // Before anything is painted, so that no key falls between.
  useLayoutEffect(() => {
    begin.current();
    return awaitCommands();
  }, []);
  return <>{children}</>;
}

interface PartFailedProps {
  error: Error;
  onRetry: () => Promise<void>;
  /** The failure is another visit's business no more. */
  onLeave: () => void;
}

/** A part that could not be loaded: it is asked for again, or with the whole page, which has its parts anew. */
function PartFailed({ error, onRetry, onLeave }: PartFailedProps) {
  const [busy, setBusy] = useState(false);
  const leave = useRef(onLeave);
  useEffect(() => {
    const left = leave.current;
    return () => left();
  }, []);
  return (
    <div className="part-failed" data-testid="part-failed">
      <ErrorPanel title={m.part_failed()} error={m.part_failed_text({ cause: error.message })} />
      <div className="part-failed-ways">
        <Button
          look="primary"
          busy={busy}
          data-testid="part-retry"
          onClick={() => {
            setBusy(true);
            void onRetry().then(() => setBusy(false));
          }}
        >
          {m.try_again()}
        </Button>
        <Button onClick={() => window.location.reload()}>{m.reload()}</Button>
      </div>
    </div>
  );
}
