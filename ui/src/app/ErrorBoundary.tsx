import { Component, type ReactNode } from "react";
import { Button } from "@/components/Button";
import { ErrorPanel } from "@/components/States";
import { m } from "@/paraglide/messages.js";

/** Keeps a fault of one screen from taking the rail with it. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <div className="screen screen-pad">
        <ErrorPanel title={m.screen_failed()} error={this.state.error} />
        <p>
          <Button onClick={() => window.location.reload()}>{m.reload()}</Button>
        </p>
      </div>
    );
  }
}
