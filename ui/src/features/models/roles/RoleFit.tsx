import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import { toast } from "sonner";
import {
  type FitAdviceView,
  type FitView,
  type ModelFitView,
  type RoleView,
  useRoleFit,
  useSetOptions,
} from "@/api/models";
import { Button } from "@/components/Button";
import { classes } from "@/components/classes";
import { formatBytes, formatCount } from "@/components/format";
import { errorText } from "@/components/States";
import { SaidText } from "@/components/said/SaidText";
import { said } from "@/components/said/said";
import { m } from "@/paraglide/messages.js";
import { showPart } from "../view";
import { adviceText, type Place, placesOf } from "./fit";

const partName = {
  weights: () => m.fit_weights(),
  cache: () => m.fit_cache(),
  compute: () => m.fit_compute(),
};

/** Whether the role's model fits into memory, and what would where it does not. */
export function RoleFit({ role }: { role: RoleView }) {
  const fit = useRoleFit(role);
  const [model] = fit.data?.models ?? [];
  if (fit.isLoading) return <p className="hint">{m.fit_looking()}</p>;
  if (fit.isError)
    return (
      <div className="notice notice-quiet">
        <TriangleAlert aria-hidden size={14} />
        <span className="breakable">
          {m.fit_failed()} {errorText(fit.error)}
        </span>
        <Button small look="ghost" onClick={() => fit.refetch()}>
          {m.try_again()}
        </Button>
      </div>
    );
  if (!fit.data || !model || model.verdict === "not_here") return null;
  if (model.verdict === "unreadable")
    return (
      <p className="notice notice-error">
        <CircleX aria-hidden size={14} />{" "}
        <span className="breakable">
          <SaidText said={said(model.problem_phrase, model.problem ?? "")} />
        </span>
      </p>
    );
  return (
    <section className="fit" aria-label={m.fit_title({ role: role.name })} data-testid={`fit-${role.name}`}>
      <FitVerdict model={model} />
      {placesOf(fit.data, role.options.device).map((place) => (
        <FitPlace key={place.id} place={place} />
      ))}
      {model.verdict === "does_not_fit" && <FitRemedies role={role} model={model} fit={fit.data} />}
    </section>
  );
}

function FitVerdict({ model }: { model: ModelFitView }) {
  const context = m.fit_context({ count: formatCount(model.context_tokens) });
  return (
    <p className={classes("fit-verdict", `fit-${model.verdict}`)}>
      {model.verdict === "fits" && <CircleCheck aria-hidden size={14} />}
      {(model.verdict === "tight" || model.verdict === "spread") && <TriangleAlert aria-hidden size={14} />}
      {model.verdict === "does_not_fit" && <CircleX aria-hidden size={14} />}
      <strong>
        {model.verdict === "fits"
          ? m.fit_fits()
          : model.verdict === "tight"
            ? m.fit_tight()
            : model.verdict === "spread"
              ? m.fit_spread()
              : m.fit_does_not()}
      </strong>
      <span className="number">{context}</span>
    </p>
  );
}

/** One memory: a line of words with all figures, and the same drawn. */
function FitPlace({ place: { id, needed, room, parts } }: { place: Place }) {
  const whole = Math.max(needed, room ?? 0);
  const sizes = { needed: formatBytes(needed), free: formatBytes(room ?? 0) };
  return (
    <div className="fit-place">
      <p className="fit-line number">
        {room === undefined
          ? m.fit_needs({ needed: sizes.needed })
          : id === "gpu"
            ? m.fit_needs_of_gpu(sizes)
            : m.fit_needs_of(sizes)}
      </p>
      <div className={classes("fit-bar", room !== undefined && needed > room && "fit-over")} aria-hidden>
        {parts.map((part) => (
          <span
            key={part.id}
            className={`fit-part fit-part-${part.id}`}
            style={{ width: `${whole > 0 ? (100 * part.bytes) / whole : 0}%` }}
          />
        ))}
        {room !== undefined && needed > room && (
          <span className="fit-limit" style={{ left: `${(100 * room) / whole}%` }} />
        )}
      </div>
      <ul className="fit-legend number">
        {parts.map((part) => (
          <li key={part.id}>
            <span className={`fit-key fit-part-${part.id}`} aria-hidden />
            {partName[part.id]()} {formatBytes(part.bytes)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What would fit, each with the button that does it. */
function FitRemedies({ role, model, fit }: { role: RoleView; model: ModelFitView; fit: FitView }) {
  const save = useSetOptions();
  function apply({ context_tokens, gpu_layers }: FitAdviceView) {
    const change = {
      ...(context_tokens != null && { context_tokens }),
      ...(gpu_layers != null && { gpu_layers }),
    };
    save.mutate(
      { role: role.name, options: { ...role.options, ...change } },
      {
        onError: (error) =>
          toast.error(m.options_failed({ role: role.name }), { description: errorText(error) }),
      },
    );
  }
  return (
    <div className="fit-remedies">
      <ul>
        {model.advice.map((advice) => (
          <li key={`${advice.code} ${advice.file_id ?? ""}`}>
            <span>{adviceText(advice)}</span>
            {advice.context_tokens != null || advice.gpu_layers != null ? (
              <Button small busy={save.isPending} onClick={() => apply(advice)}>
                {m.advice_apply()}
              </Button>
            ) : (
              <Button small onClick={() => showPart("get")}>
                {m.models_part_get()}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <p className="hint">{fit.machine.allow_overcommit ? m.fit_allowed() : m.fit_refused()}</p>
    </div>
  );
}
