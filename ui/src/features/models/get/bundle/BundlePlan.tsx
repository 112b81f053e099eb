import { CircleCheck, CircleMinus, CirclePlus, CircleX, type LucideIcon, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { BundleImportReport, BundleModelView } from "@/api/getModels";
import { formatBytes, formatStamp } from "@/components/format";
import { m } from "@/paraglide/messages.js";

type Outcome = BundleModelView["outcome"] | "bound" | "kept";

const ICONS: Record<Outcome, LucideIcon> = {
  new: CirclePlus,
  already_there: CircleCheck,
  name_taken: CircleX,
  missing: TriangleAlert,
  bound: CirclePlus,
  kept: CircleMinus,
};

const TEXTS: Record<Outcome, () => string> = {
  new: () => m.plan_new(),
  already_there: () => m.plan_already(),
  name_taken: () => m.plan_name_taken(),
  missing: () => m.plan_missing(),
  bound: () => m.plan_bound(),
  kept: () => m.plan_kept(),
};

/** What becomes of each thing in a bundle, before anything is written. */
export function BundlePlan({ report }: { report: BundleImportReport }) {
  const { pipelines, models, bindings, needed_bytes, made_at, program_version } = report;
  return (
    <section className="bundle-plan" aria-label={m.plan_title()} data-testid="bundle-plan">
      <p role="status">
        <strong className="number">
          {needed_bytes > 0 ? m.plan_needed({ size: formatBytes(needed_bytes) }) : m.plan_needs_nothing()}
        </strong>{" "}
        <span className="hint">{m.plan_made({ when: formatStamp(made_at), version: program_version })}</span>
      </p>
      <Part title={m.plan_pipelines()} count={pipelines.length}>
        {pipelines.map(({ name, outcome }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: names may be alike, and the list never changes.
          <Line key={index} outcome={outcome} name={name} />
        ))}
      </Part>
      <Part title={m.plan_models()} count={models.length}>
        {models.map((model) => (
          <Line key={model.id} outcome={model.outcome} name={model.id}>
            <small className="hint number">
              {[formatBytes(model.size_bytes), model.licence].filter(Boolean).join(" · ")}
            </small>
            {model.outcome === "missing" && <Missing model={model} />}
          </Line>
        ))}
      </Part>
      <Part title={m.plan_bindings()} count={bindings.length}>
        {bindings.map(({ role, model_id, outcome }) => (
          <Line key={role} outcome={outcome} name={`${role}: ${model_id}`} />
        ))}
      </Part>
    </section>
  );
}

function Part({ title, count, children }: { title: string; count: number; children: ReactNode }) {
  if (count === 0) return null;
  return (
    <section>
      <h3>
        {title} <span className="count">{count}</span>
      </h3>
      <ul>{children}</ul>
    </section>
  );
}

function Line({ outcome, name, children }: { outcome: Outcome; name: string; children?: ReactNode }) {
  const Icon = ICONS[outcome];
  return (
    <li data-outcome={outcome}>
      <span className={`plan-icon plan-icon-${outcome}`}>
        <Icon aria-hidden size={14} />
      </span>
      <span className="bundle-line">
        <span className="breakable">{name}</span>
        {children}
      </span>
      <span className="hint">{TEXTS[outcome]()}</span>
    </li>
  );
}

/** Where a model that is not in the bundle can be got, and how it is told from others. */
function Missing({ model }: { model: BundleModelView }) {
  return (
    <small className="hint breakable">
      {model.repository && m.plan_get_from({ repository: model.repository })}{" "}
      {model.sha256[0] && <code>SHA-256 {model.sha256[0]}</code>}
    </small>
  );
}
