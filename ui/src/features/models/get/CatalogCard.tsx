import { Lock, Scale } from "lucide-react";
import { useState } from "react";
import type { CatalogModelView, HubView } from "@/api/getModels";
import { Select } from "@/components/Choice";
import { formatBytes, formatCount } from "@/components/format";
import { RoleChip } from "@/components/RoleChip";
import { m } from "@/paraglide/messages.js";
import { formatParams } from "../files/facts";
import { DownloadButton } from "./DownloadButton";
import { FitLine } from "./FitLine";
import { OutsideLink } from "./OutsideLink";
import { firstChoice, needOfFile, type Room } from "./room";

interface CatalogCardProps {
  entry: CatalogModelView;
  room: Room | undefined;
  hub: HubView | undefined;
  /** The heading above names the role already. */
  hideRoles: boolean;
}

/** A model that is known by name: what it is good for, whether it fits, and the button that gets it. */
export function CatalogCard({ entry, room, hub, hideRoles }: CatalogCardProps) {
  const [chosen, setChosen] = useState<string>();
  const file = entry.files.find(({ id }) => id === chosen) ?? firstChoice(entry, room);
  return (
    <li className="model-card get-card" data-testid={`catalog-${entry.id}`}>
      <header>
        <h4 className="breakable">{entry.title}</h4>
        {entry.gated && (
          <span className="badge badge-warn">
            <Lock aria-hidden size={12} /> {m.get_gated()}
          </span>
        )}
        {entry.own && <span className="badge get-own">{m.catalog_own()}</span>}
      </header>
      <p className="get-text breakable">{entry.description}</p>
      {!hideRoles && entry.roles.length > 0 && (
        <p className="get-roles">
          {entry.roles.map((role) => (
            <RoleChip key={role} role={role} />
          ))}
        </p>
      )}
      <Facts entry={entry} />
      {file && (
        <>
          <Quantization entry={entry} chosen={file.id} onChoose={setChosen} />
          <FitLine needed={needOfFile(file)} room={room} />
          {entry.repository ? (
            <DownloadButton
              name={`${entry.title} ${file.quantization}`}
              title={`${entry.title} ${file.quantization}`}
              request={{ catalog_id: entry.id, quantization: file.quantization }}
              size_bytes={file.size_bytes}
              about={file.size_is_estimate}
              present={file.present}
              testId={`get-${entry.id}`}
            />
          ) : file.present ? (
            <DownloadButton
              name={entry.title}
              title=""
              request={{ catalog_id: entry.id }}
              present
              testId={`get-${entry.id}`}
            />
          ) : (
            <p className="hint">{m.catalog_no_repository()}</p>
          )}
        </>
      )}
      {entry.gated && entry.repository && !file?.present && (
        <GatedHint repository={entry.repository} hub={hub} />
      )}
      <details className="get-origin">
        <summary>{m.catalog_origin()}</summary>
        {entry.repository && <p className="mono breakable">{entry.repository}</p>}
        {entry.base_repository && (
          <p className="breakable">{m.catalog_base({ repository: entry.base_repository })}</p>
        )}
        <p className="breakable">{entry.source_note}</p>
      </details>
    </li>
  );
}

function Facts({ entry }: { entry: CatalogModelView }) {
  return (
    <dl className="get-facts">
      <div>
        <dt>{m.get_params()}</dt>
        <dd className="number">{formatParams(entry.n_params)}</dd>
      </div>
      <div>
        <dt>{m.get_context()}</dt>
        <dd className="number">{m.get_tokens({ count: formatCount(entry.context_length) })}</dd>
      </div>
      <div>
        <dt>{m.get_licence()}</dt>
        <dd className="breakable">
          {entry.licence_url ? (
            <OutsideLink url={entry.licence_url} icon={Scale}>
              {entry.licence}
            </OutsideLink>
          ) : (
            entry.licence
          )}
        </dd>
      </div>
    </dl>
  );
}

interface QuantizationProps {
  entry: CatalogModelView;
  chosen: string;
  onChoose: (id: string) => void;
}

function Quantization({ entry, chosen, onChoose }: QuantizationProps) {
  const [only] = entry.files;
  if (entry.files.length === 1 && only)
    return (
      <p className="hint">
        {m.get_only_quantization({ quantization: only.quantization, format: entry.format })}
      </p>
    );
  return (
    <Select
      label={m.get_quantization_of({ name: entry.title })}
      value={chosen}
      testId={`quantization-${entry.id}`}
      options={entry.files.map(({ id, quantization, size_bytes, size_is_estimate, present }) => ({
        value: id,
        label: quantization,
        hint: [
          size_is_estimate ? m.get_about({ size: formatBytes(size_bytes) }) : formatBytes(size_bytes),
          id === entry.recommended_file && m.get_recommended(),
          present && m.get_here(),
        ]
          .filter(Boolean)
          .join(" · "),
      }))}
      onChange={onChoose}
    />
  );
}

/** What a download of it needs first. */
function GatedHint({ repository, hub }: { repository: string; hub: HubView | undefined }) {
  return (
    <div className="get-gated">
      <p className="hint">{hub?.token === "none" ? m.gated_no_token() : m.gated_accept()}</p>
      {hub && (
        <OutsideLink url={`${hub.endpoint.replace(/\/$/, "")}/${repository}`}>
          {m.gated_open_page()}
        </OutsideLink>
      )}
    </div>
  );
}
