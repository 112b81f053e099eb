import { Moon, Sun } from "lucide-react";
import { useState } from "react";
import { previewAddress } from "@/api/desktop";
import type { Artifact } from "@/api/types";
import { type ArtifactTarget, useStoredArtifacts } from "@/api/watch";
import { Segmented } from "@/components/Choice";
import { plainText } from "@/components/hiddenCharacters";
import { ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { useRunScope } from "./context";

type Theme = "light" | "dark";

/** A file as a page, in a frame that runs no script and reaches nothing. */
export function PreviewFrame({ artifact, target }: { artifact: Artifact; target: ArtifactTarget }) {
  const { run } = useRunScope();
  const [theme, setTheme] = useState<Theme>(() =>
    document.documentElement.dataset.theme === "dark" ? "dark" : "light",
  );
  const stored = useStoredArtifacts(run.run_id, String(run.seq), true);
  const found = stored.data?.find(
    (one) =>
      one.name === artifact.name &&
      (target.of === "final" ? one.final : !one.final && one.position === target.position),
  );
  return (
    <div className="preview">
      <div className="preview-head">
        <span className="hint">{m.preview_hint()}</span>
        <span className="spacer" />
        <Segmented
          label={m.preview_theme()}
          value={theme}
          onChange={setTheme}
          options={[
            { value: "light", label: m.theme_light(), icon: <Sun aria-hidden size={13} /> },
            { value: "dark", label: m.theme_dark(), icon: <Moon aria-hidden size={13} /> },
          ]}
        />
      </div>
      {found ? (
        <iframe
          key={`${found.id} ${theme}`}
          className="preview-frame"
          sandbox=""
          referrerPolicy="no-referrer"
          src={previewAddress(run.run_id, found.id, theme)}
          title={m.preview_of({ name: plainText(artifact.name) })}
          data-theme-shown={theme}
          data-testid="preview-frame"
        />
      ) : stored.isError || stored.data ? (
        <ErrorPanel
          title={m.preview_failed()}
          error={stored.error ?? new Error(m.preview_not_stored())}
          onRetry={() => stored.refetch()}
        />
      ) : (
        <Skeleton rows={6} />
      )}
    </div>
  );
}
