import { allSteps } from "@/api/runView";
import type { RunView, Timings } from "@/api/types";
import { classes } from "@/components/classes";
import { formatCount, formatSeconds } from "@/components/format";
import { m } from "@/paraglide/messages.js";

/** What both runs took and came to, as a table. */
export function CompareTotals({ left, right }: { left: RunView; right: RunView }) {
  const rows: [string, string, string][] = [
    [m.total_time(), formatSeconds(seconds(left)), formatSeconds(seconds(right))],
    [m.total_written(), tokens(left, "generated_tokens"), tokens(right, "generated_tokens")],
    [m.column_prompt_tokens(), tokens(left, "prompt_tokens"), tokens(right, "prompt_tokens")],
    [m.compare_steps(), String(left.total_steps), String(right.total_steps)],
    [m.column_files(), String(left.final_artifacts.length), String(right.final_artifacts.length)],
  ];
  return <SideTable caption={m.compare_totals()} rows={rows} measured />;
}

interface SideTableProps {
  caption: string;
  /** Name, left and right value. */
  rows: [string, string, string][];
  /** The values were measured, so that they differ a little is no news. */
  measured?: boolean;
}

/** Values of both runs beside each other; what differs stands out, and is told. */
export function SideTable({ caption, rows, measured = false }: SideTableProps) {
  return (
    <table className="side-table">
      <caption className="sr-only">{caption}</caption>
      <colgroup>
        <col className="side-name" />
        <col className="side-left" />
        <col />
      </colgroup>
      <thead className="sr-only">
        <tr>
          <th scope="col">{caption}</th>
          <th scope="col">{m.compare_left()}</th>
          <th scope="col">{m.compare_right()}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, left, right]) => (
          <tr key={name} className={classes(left !== right && !measured && "side-differs")}>
            <th scope="row">{name}</th>
            <td>{left}</td>
            <td>
              {right}
              {left !== right && !measured && <span className="sr-only"> {m.compare_differs()}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const seconds = (run: RunView) => allSteps(run).reduce((sum, step) => sum + step.execution_time, 0);

function tokens(run: RunView, which: keyof Pick<Timings, "generated_tokens" | "prompt_tokens">): string {
  return formatCount(allSteps(run).reduce((sum, step) => sum + (step.timings?.[which] ?? 0), 0));
}
