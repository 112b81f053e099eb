import type { RunView, StepView } from "@/api/types";
import { Fold } from "@/components/Fold";
import { formatCount, formatRate, formatSeconds } from "@/components/format";
import type { Pair } from "@/components/pairs";
import { RoleChip } from "@/components/RoleChip";
import { SideDiff } from "@/components/SideDiff";
import type { Grain } from "@/components/sideRows";
import { m } from "@/paraglide/messages.js";
import { SideTable } from "./CompareTotals";
import { rateOf, settingsOf } from "./pairs";

interface CompareStepProps {
  pair: Pair<StepView>;
  runs: { left: RunView; right: RunView };
  grain: Grain;
}

/** One step in both runs. What is the same in both starts folded. */
export function CompareStep({ pair, runs, grain }: CompareStepProps) {
  const { name, left, right } = pair;
  const settings = settingsOf(pair, runs, {
    role: m.role(),
    model: m.compare_model(),
    seed: m.seed(),
  });
  const rows = settings.map((one): [string, string, string] => [one.name, one.left, one.right]);
  const only = !left ? m.compare_only_right() : !right ? m.compare_only_left() : undefined;
  const parts = [
    { title: m.prompt(), left: left?.prompt ?? "", right: right?.prompt ?? "", label: m.prompt_of({ name }) },
    {
      title: m.output(),
      left: left?.result ?? "",
      right: right?.result ?? "",
      label: m.step_output({ name }),
    },
  ];
  const role = (right ?? left)?.model_type;
  return (
    <section className="compare-step" aria-label={name} data-testid={`compare-step-${name}`}>
      <header>
        <h2>{name}</h2>
        {role && name !== "Assembler" && <RoleChip role={role} />}
        {only && <span className="badge badge-warn">{only}</span>}
      </header>
      <Fold
        title={m.parameters()}
        same={!settings.some((one) => one.differs)}
        start={settings.some((one) => one.differs && one.name !== m.seed())}
      >
        <SideTable caption={m.parameters()} rows={rows} />
      </Fold>
      {parts.map((part) => (
        <Fold
          key={part.title}
          title={part.title}
          same={part.left === part.right}
          start={part.left !== part.right}
        >
          <SideDiff left={part.left} right={part.right} grain={grain} label={part.label} />
        </Fold>
      ))}
      <SideTable
        measured
        caption={m.compare_time()}
        rows={[
          [m.column_duration(), time(left), time(right)],
          [m.total_written(), written(left), written(right)],
          [m.progress_rate(), speed(left), speed(right)],
        ]}
      />
    </section>
  );
}

const time = (step: StepView | undefined) => (step?.timings ? formatSeconds(step.execution_time) : "–");
const written = (step: StepView | undefined) =>
  step?.timings ? formatCount(step.timings.generated_tokens) : "–";
function speed(step: StepView | undefined): string {
  const rate = rateOf(step);
  return rate === undefined ? "–" : m.rate({ rate: formatRate(rate) });
}
