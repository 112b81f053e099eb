// The parts of what is known of a model.
import type { ReactNode } from "react";
import { openLink } from "@/api/desktop";
import type { ModelFileDetail, ModelUsageView } from "@/api/models";
import { CopyButton } from "@/components/CopyButton";
import { formatBytes, formatCount } from "@/components/format";
import { VisibleText } from "@/components/VisibleText";
import { m } from "@/paraglide/messages.js";
import { formatParams, originText } from "./facts";

type Fact = [name: string, value: ReactNode];

/** What is known, line by line; what is not has none. */
function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className="model-facts">
      {facts
        .filter(([, value]) => value != null && value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="number breakable">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

const count = (value: number | null | undefined) => (value == null ? null : formatCount(value));

export function FactsPart({ detail: { file, paths, licence_url } }: { detail: ModelFileDetail }) {
  const licence = file.licence ?? m.licence_unknown();
  return (
    <Facts
      facts={[
        [m.column_architecture(), file.architecture],
        [m.detail_params(), file.n_params ? formatParams(file.n_params) : null],
        [m.column_quantization(), file.quantization],
        [
          m.column_context(),
          file.context_length && m.tokens_count({ count: formatCount(file.context_length) }),
        ],
        [
          m.column_licence(),
          licence_url ? (
            <button key="licence" type="button" className="link" onClick={() => openLink(licence_url)}>
              {licence}
            </button>
          ) : (
            licence
          ),
        ],
        [m.detail_tokenizer(), file.tokenizer],
        [m.column_size(), formatBytes(file.size_bytes)],
        [m.detail_format(), file.format],
        [m.column_origin(), originText(file.origin)],
        [
          m.files(),
          <ul key="paths" className="detail-paths mono">
            {(paths.length > 0 ? paths : [file.path]).map((path) => (
              <li key={path}>{path}</li>
            ))}
          </ul>,
        ],
      ]}
    />
  );
}

const CHECKED: Record<ModelUsageView["checked"], () => string> = {
  unrecorded: () => m.checked_unrecorded_text(),
  verified: () => m.checked_verified_text(),
  touched: () => m.checked_touched_text(),
  changed: () => m.file_changed(),
};

/** Whether the file is the one that it is said to be. */
export function ChecksumPart({ about }: { about: ModelUsageView | undefined }) {
  if (!about) return null;
  return (
    <section className="detail-part">
      <h3>{m.detail_checksum()}</h3>
      <p className={about.checked === "changed" ? "notice notice-error" : "hint"}>
        {CHECKED[about.checked]()}
      </p>
      {about.sha256 && (
        <div className="detail-sha">
          <code className="breakable">{about.sha256}</code>
          <CopyButton text={about.sha256} label={m.detail_copy_checksum()} />
        </div>
      )}
    </section>
  );
}

/** What the header of the file says. */
export function HeaderPart({ detail: { gguf, safetensors } }: { detail: ModelFileDetail }) {
  if (!gguf && !safetensors) return null;
  const facts: Fact[] = gguf
    ? [
        [m.detail_gguf_version(), count(gguf.version)],
        [m.detail_layers(), count(gguf.block_count)],
        [m.detail_width(), count(gguf.embedding_length)],
        [m.detail_heads(), headCounts(gguf.head_count, gguf.head_count_kv)],
        [
          m.detail_vocabulary(),
          gguf.vocab_size == null ? null : m.tokens_count({ count: formatCount(gguf.vocab_size) }),
        ],
        [
          m.detail_window(),
          gguf.sliding_window == null ? null : m.tokens_count({ count: formatCount(gguf.sliding_window) }),
        ],
        [
          m.detail_experts(),
          gguf.expert_count
            ? m.detail_experts_used({
                used: count(gguf.expert_used_count) ?? "–",
                all: formatCount(gguf.expert_count),
              })
            : null,
        ],
        [m.detail_recurrent(), gguf.recurrent ? m.detail_recurrent_text() : null],
        [
          m.detail_tensors(),
          m.detail_tensors_text({ count: formatCount(gguf.n_tensors), size: formatBytes(gguf.tensor_bytes) }),
        ],
      ]
    : [
        [m.detail_layers(), `${count(safetensors?.encoder_layers)} + ${count(safetensors?.decoder_layers)}`],
        [m.detail_vocabulary(), count(safetensors?.vocab_size)],
        [m.detail_tensors(), count(safetensors?.n_tensors)],
        [m.detail_weight_files(), count(safetensors?.n_files)],
      ];
  return (
    <section className="detail-part">
      <h3>{m.detail_header()}</h3>
      <Facts facts={facts} />
    </section>
  );
}

const headCounts = (all: number | null | undefined, kv: number | null | undefined) =>
  all == null
    ? null
    : kv == null
      ? count(all)
      : m.detail_heads_kv({ all: formatCount(all), kv: formatCount(kv) });

/** The chat template, by which a prompt becomes what the model was trained on. */
export function TemplatePart({ detail }: { detail: ModelFileDetail }) {
  const { chat_template, chat_template_bytes, file } = detail;
  return (
    <section className="detail-part">
      <h3>{m.detail_template()}</h3>
      {!chat_template && (
        <p className="hint">
          {file.has_chat_template ? m.detail_template_unread() : m.detail_template_none()}
        </p>
      )}
      {chat_template && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard. */}
          <section className="detail-template" aria-label={m.detail_template()} tabIndex={0}>
            <pre>
              <VisibleText text={chat_template} />
            </pre>
          </section>
          {(chat_template_bytes ?? 0) > 64 * 1024 && (
            <p className="hint number">
              {m.detail_template_cut({ size: formatBytes(chat_template_bytes ?? 0) })}
            </p>
          )}
        </>
      )}
    </section>
  );
}
