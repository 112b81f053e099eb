import { CircleX } from "lucide-react";
import { toast } from "sonner";
import { useBindModel } from "@/api/queries";
import type { Model, ModelFile } from "@/api/types";
import { type Option, Select } from "@/components/Choice";
import { formatBytes, modelName } from "@/components/format";
import { RoleIcon, SimulatedBadge, StandInBadge } from "@/components/RoleChip";
import { ROLES } from "@/components/roles";
import { errorText } from "@/components/States";
import { m } from "@/paraglide/messages.js";

export function RoleCard({ model, files }: { model: Model; files: ModelFile[] }) {
  const bind = useBindModel();
  const { binding } = model;

  function choose(id: string) {
    bind.mutate(
      { role: model.name, id },
      {
        onSuccess: () => toast.success(m.bound({ role: model.name, model: modelName(id) })),
        onError: (error) =>
          toast.error(m.bind_failed({ role: model.name }), { description: errorText(error) }),
      },
    );
  }
  return (
    <article className="role-card" data-testid={`role-${model.name}`}>
      <header>
        <RoleIcon role={model.name} size={18} />
        <h3>{model.name}</h3>
        {binding?.simulated ? (
          <SimulatedBadge />
        ) : binding?.stand_in ? (
          <StandInBadge role={model.name} />
        ) : null}
      </header>
      <p className="role-text" title={model.description}>
        {ROLES[model.name].about()}
      </p>
      <div className="field">
        <span>{m.model_file()}</span>
        <Select
          label={m.model_for({ role: model.name })}
          value={binding?.id ?? ""}
          options={choices(model, files)}
          onChange={choose}
          disabled={bind.isPending}
          testId={`bind-${model.name}`}
        />
      </div>
      {binding?.problem && (
        <p className="notice notice-error">
          <CircleX aria-hidden size={14} /> {binding.problem}
        </p>
      )}
    </article>
  );
}

/** Every file on disk; what is bound now is listed even when its file has gone. */
function choices({ binding }: Model, files: ModelFile[]): Option<string>[] {
  const options = files.map((file) => ({
    value: file.id,
    label: modelName(file.id),
    hint:
      file.problem ??
      [formatBytes(file.size_bytes), file.architecture, file.quantization].filter(Boolean).join(" · "),
    disabled: Boolean(file.problem),
  }));
  const known = binding && options.some((option) => option.value === binding.id);
  if (binding && !known)
    return [
      {
        value: binding.id,
        label: binding.simulated ? m.simulated() : modelName(binding.id),
        hint: binding.path,
        disabled: false,
      },
      ...options,
    ];
  return binding
    ? options
    : [{ value: "", label: m.not_bound(), hint: m.choose_model(), disabled: true }, ...options];
}
