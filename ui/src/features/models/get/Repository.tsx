import { ArrowLeft, Lock, PackageX } from "lucide-react";
import { useEffect, useRef } from "react";
import { type HubModelFiles, type HubRepository, useHub, useHubRepository, useMemory } from "@/api/getModels";
import { useModelList } from "@/api/models";
import { Button } from "@/components/Button";
import { fileName, formatBytes } from "@/components/format";
import { EmptyState, Skeleton } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { DownloadButton } from "./DownloadButton";
import { FitLine } from "./FitLine";
import { HubFault } from "./HubFault";
import { HubToken } from "./HubToken";
import { OutsideLink } from "./OutsideLink";
import { needOf, type Room, roomOf } from "./room";

/** What a repository of the hub holds, to be downloaded. */
export function Repository({ name, onBack }: { name: string; onBack: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const query = useHubRepository(name);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className="get-hub" aria-labelledby="repository-name" data-testid="repository">
      <div>
        <Button small icon={ArrowLeft} onClick={onBack} data-testid="repository-back">
          {m.hub_back()}
        </Button>
      </div>
      <h3 id="repository-name" className="breakable" ref={heading} tabIndex={-1}>
        {name}
      </h3>
      {query.isPending && <Skeleton rows={4} tall />}
      {query.isError && (
        <HubFault
          title={m.hub_repository_failed({ name })}
          error={query.error}
          onRetry={() => query.refetch()}
          repository={name}
        />
      )}
      {query.data && <Contents repository={query.data} />}
    </section>
  );
}

function Contents({ repository }: { repository: HubRepository }) {
  const room = roomOf(useMemory());
  const ids = new Set(useModelList().data?.files.map(({ id }) => id));
  const { models, page, licence, gated, commit } = repository;
  return (
    <>
      <p className="get-repository-facts hint">
        {gated && (
          <span className="badge badge-warn">
            <Lock aria-hidden size={12} /> {m.get_gated()}
          </span>
        )}
        <span>{licence ? m.hub_licence({ licence }) : m.hub_no_licence()}</span>
        {commit && <span className="mono">{commit.slice(0, 10)}</span>}
        <OutsideLink url={page}>{m.hub_open_page()}</OutsideLink>
      </p>
      {gated && <Gated />}
      {models.length === 0 ? (
        <EmptyState icon={PackageX} title={m.hub_no_models()} text={m.hub_no_models_text()} />
      ) : (
        <ul className="get-files" aria-label={m.hub_files()} data-testid="repository-files">
          {bySize(models).map((files) => (
            <Files
              key={`${files.format} ${files.paths[0]}`}
              files={files}
              repository={repository}
              room={room}
              present={ids.has(fileName(files.name))}
            />
          ))}
        </ul>
      )}
    </>
  );
}

const bySize = (models: HubModelFiles[]) =>
  [...models].sort(
    (a, b) =>
      (a.size_bytes ?? Number.MAX_SAFE_INTEGER) - (b.size_bytes ?? Number.MAX_SAFE_INTEGER) ||
      a.name.localeCompare(b.name),
  );

/** A licence must be accepted on the hub by the token's owner. */
function Gated() {
  const token = useHub().data?.token;
  return (
    <div className="get-gated-box">
      <p>{token === "none" ? m.gated_no_token() : m.gated_accept()}</p>
      {token === "none" && <HubToken />}
    </div>
  );
}

interface FilesProps {
  files: HubModelFiles;
  repository: HubRepository;
  room: Room | undefined;
  present: boolean;
}

function Files({ files, repository, room, present }: FilesProps) {
  const { name, quantization, format, size_bytes, paths, complete } = files;
  return (
    <li className="get-file" data-testid={`file-${name}`}>
      <div className="get-file-text">
        <strong className="get-quantization">{quantization ?? m.hub_no_quantization()}</strong>
        <span className="mono breakable">{name}</span>
        <small className="hint number">
          {[
            format,
            size_bytes == null ? m.hub_no_size() : formatBytes(size_bytes),
            paths.length > 1 && m.hub_parts({ count: paths.length }),
          ]
            .filter(Boolean)
            .join(" · ")}
        </small>
        {size_bytes != null && <FitLine needed={needOf(size_bytes)} room={room} />}
      </div>
      {complete ? (
        <DownloadButton
          name={fileName(name)}
          title={fileName(paths[0] ?? "")}
          request={{ repository: repository.repository, revision: repository.revision, paths }}
          size_bytes={size_bytes}
          present={present}
          testId={`get-${name}`}
        />
      ) : (
        <p className="get-incomplete">{m.hub_incomplete()}</p>
      )}
    </li>
  );
}
