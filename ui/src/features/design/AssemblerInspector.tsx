import { useModels } from "@/api/queries";
import { formatDecimal } from "@/components/format";
import { RoleChip } from "@/components/RoleChip";
import { ROLES } from "@/components/roles";
import { m } from "@/paraglide/messages.js";

/** Explains the last card: it runs by itself, with fixed parameters. */
export function AssemblerInspector() {
  const bound = useModels().data?.models.find((model) => model.name === "Assembler")?.binding;
  const { max_tokens, temperature } = ROLES.Assembler.parameters;
  return (
    <aside className="inspector" aria-label={m.assembler_title()}>
      <header className="inspector-head">
        <h2>{m.assembler_title()}</h2>
        <RoleChip role="Assembler" model={bound} />
      </header>
      <div className="inspector-body">
        <p>{m.assembler_explained()}</p>
        <dl className="facts">
          <dt>{m.max_tokens()}</dt>
          <dd>{max_tokens}</dd>
          <dt>{m.temperature()}</dt>
          <dd>{formatDecimal(temperature)}</dd>
          <dt>{m.reads()}</dt>
          <dd>{m.reads_everything()}</dd>
        </dl>
      </div>
    </aside>
  );
}
