import type { Role, StepView } from "@/api/types";
import { m } from "@/paraglide/messages.js";
import { classes } from "./classes";
import { modelName } from "./format";
import { ServerBadge } from "./RemoteBadge";
import { ROLES } from "./roles";
import { Tooltip } from "./Tooltip";

interface Bound {
  id: string;
  path?: string;
  stand_in?: boolean;
  simulated?: boolean;
}

/** The role as a coloured chip, with the model that plays it where one is given. */
export function RoleChip({ role, model }: { role: Role; model?: Bound | null }) {
  const { icon: Icon, hue } = ROLES[role];
  return (
    <span className="role-line">
      <span className={classes("chip role-chip", hue)}>
        <Icon aria-hidden size={13} strokeWidth={2.2} />
        {role}
      </span>
      {model && (
        <span className="role-model" title={model.path}>
          {modelName(model.id)}
        </span>
      )}
      {model?.simulated ? <SimulatedBadge /> : model?.stand_in ? <StandInBadge role={role} /> : null}
      {model?.path && <ServerBadge path={model.path} />}
    </span>
  );
}

export function RoleIcon({ role, size = 16 }: { role: Role; size?: number }) {
  const { icon: Icon, hue } = ROLES[role];
  return (
    <span className={classes("role-icon", hue)}>
      <Icon aria-hidden size={size} />
    </span>
  );
}

export function StandInBadge({ role }: { role: Role }) {
  return (
    <Tooltip text={m.stand_in_explained({ role })}>
      <span className="badge badge-warn">{m.stand_in()}</span>
    </Tooltip>
  );
}

/** Marks a run of which some roles were played by models that were not made for them. */
export function StandInRunBadge({ steps }: { steps: StepView[] }) {
  const roles = new Set(steps.filter((step) => step.model?.stand_in).map((step) => step.model_type));
  if (roles.size === 0) return null;
  return (
    <Tooltip text={m.stand_in_run_explained({ roles: [...roles].join(", ") })}>
      <span className="badge badge-warn" data-testid="run-stand-in">
        {m.stand_in()}
      </span>
    </Tooltip>
  );
}

export function SimulatedBadge() {
  return (
    <Tooltip text={m.simulated_explained()}>
      <span className="badge badge-warn">{m.simulated()}</span>
    </Tooltip>
  );
}
