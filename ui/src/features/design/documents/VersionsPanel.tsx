import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Play, RotateCcw } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { design, type VersionSummary } from "@/api/design";
import { Button } from "@/components/Button";
import { Select } from "@/components/Choice";
import { classes } from "@/components/classes";
import { formatStamp } from "@/components/format";
import { Sheet } from "@/components/Sheet";
import { ErrorPanel, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { useDocument } from "../document";
import { useDraft } from "../draft";
import { Changes } from "./Changes";
import { VersionName } from "./VersionName";

/** The versions of the open pipeline: what each is, what changed, and the way back. */
export function VersionsPanel({ pipelineId, onClose }: { pipelineId: string; onClose: () => void }) {
  const list = useQuery({
    queryKey: ["versions", pipelineId],
    queryFn: ({ signal }) => design.versions(pipelineId, signal),
    select: (data) => data.versions,
  });
  const [chosen, setChosen] = useState<number | null>(null);
  const shown = chosen ?? list.data?.[0]?.version ?? null;
  return (
    <Sheet open wide onClose={onClose} title={m.doc_versions()} text={m.doc_versions_text()}>
      {list.isPending && <Skeleton rows={4} tall />}
      {list.isError && (
        <ErrorPanel title={m.doc_versions_failed()} error={list.error} onRetry={() => list.refetch()} />
      )}
      {list.data && (
        <div className="versions" data-testid="versions">
          <ol className="version-list">
            {list.data.map((version) => (
              <VersionRow
                key={version.version}
                pipelineId={pipelineId}
                version={version}
                on={version.version === shown}
                onChoose={() => setChosen(version.version)}
              />
            ))}
          </ol>
          {shown !== null && (
            <VersionDiff
              key={shown}
              pipelineId={pipelineId}
              version={shown}
              versions={list.data}
              onClose={onClose}
            />
          )}
        </div>
      )}
    </Sheet>
  );
}

interface VersionRowProps {
  pipelineId: string;
  version: VersionSummary;
  on: boolean;
  onChoose: () => void;
}

function VersionRow({ pipelineId, version, on, onChoose }: VersionRowProps) {
  const queries = useQueryClient();
  const { runs = 0, run_id, restored_from } = version;
  return (
    <li className={classes("version-row", on && "version-on")}>
      <button
        type="button"
        className="version-main"
        aria-pressed={on}
        data-testid={`version-${version.version}`}
        onClick={onChoose}
      >
        <strong>{version.label || m.doc_version({ version: version.version })}</strong>
        <span>
          {version.label && `${m.doc_version({ version: version.version })} · `}
          {formatStamp(version.created_at)}
          {restored_from != null && ` · ${m.doc_restored_from({ version: restored_from })}`}
        </span>
      </button>
      <span className="version-side">
        {run_id && (
          <a className="link" href={`#/runs/${run_id}`} title={m.doc_version_run()}>
            <Play aria-hidden size={12} /> {m.doc_version_runs({ count: Math.max(1, runs) })}
          </a>
        )}
        <VersionName
          pipelineId={pipelineId}
          version={version}
          onRenamed={() => queries.invalidateQueries({ queryKey: ["versions", pipelineId] })}
        />
      </span>
    </li>
  );
}

const useVersion = (pipelineId: string, version: number | null) =>
  useQuery({
    queryKey: ["version", pipelineId, version],
    queryFn: ({ signal }) => design.version(pipelineId, version ?? 0, signal),
    enabled: version !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });

interface VersionDiffProps {
  pipelineId: string;
  version: number;
  versions: VersionSummary[];
  onClose: () => void;
}

/** What stands between a version and another one, or what is on the screen now. */
function VersionDiff({ pipelineId, version, versions, onClose }: VersionDiffProps) {
  const [against, setAgainst] = useState("now");
  const now = useDraft((draft) => draft.pipeline);
  const { replace } = useDocument();
  const one = useVersion(pipelineId, version);
  const other = useVersion(pipelineId, against === "now" ? null : Number(against));
  const target = against === "now" ? now : other.data?.document;
  const failed = one.error ?? other.error;
  const options = [
    { value: "now", label: m.doc_against_now() },
    ...versions
      .filter((item) => item.version !== version)
      .map((item) => ({
        value: String(item.version),
        label: item.label || m.doc_version({ version: item.version }),
        hint: formatStamp(item.created_at),
      })),
  ];
  function restore() {
    if (!one.data) return;
    replace(structuredClone(one.data.document));
    toast(m.doc_restored({ version }), {
      action: { label: m.undo(), onClick: () => useDraft.getState().undo() },
    });
    onClose();
  }
  return (
    <section className="version-diff" aria-label={m.doc_compare({ version })}>
      <header>
        <span className="field-inline">
          <span>{m.doc_against()}</span>
          <Select
            label={m.doc_against()}
            value={against}
            options={options}
            onChange={setAgainst}
            testId="version-against"
          />
        </span>
        <Button small icon={RotateCcw} disabled={!one.data} onClick={restore} data-testid="restore-version">
          {m.doc_restore()}
        </Button>
      </header>
      {failed ? (
        <ErrorPanel title={m.doc_versions_failed()} error={failed} />
      ) : one.data && target ? (
        <Changes
          before={one.data.document}
          after={target}
          none={m.doc_no_changes()}
          caption={m.doc_compare_caption({
            version,
            other: options.find((o) => o.value === against)?.label ?? "",
          })}
        />
      ) : (
        <Skeleton rows={5} />
      )}
    </section>
  );
}
