import { ChartColumn } from "lucide-react";
import { useMemo, useState } from "react";
import type { RunView } from "@/api/types";
import { Segmented } from "@/components/Choice";
import { formatCount, formatPercent, formatRate, formatSeconds } from "@/components/format";
import { EmptyState } from "@/components/States";
import { m } from "@/paraglide/messages.js";
import { TimePlot } from "./TimePlot";
import { type Measure, type TimeRow, timeRows } from "./timeData";

/** Where the run's time and tokens went: a plot, and a table with its numbers. */
export function TimePane({ run }: { run: RunView }) {
  const rows = useMemo(() => timeRows(run), [run]);
  const [measure, setMeasure] = useState<Measure>("time");
  if (rows.length === 0)
    return <EmptyState icon={ChartColumn} title={m.plot_none()} text={m.plot_none_text()} />;
  const guessed = rows.some((row) => row.guessedTokens > 0);
  const waited = rows.some((row) => row.wait > 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable from the keyboard.
    <section className="time-pane" aria-label={m.plot_label()} tabIndex={0}>
      <div className="plot-measure">
        <Segmented<Measure>
          label={m.plot_measure()}
          value={measure}
          onChange={setMeasure}
          options={[
            { value: "time", label: m.plot_time() },
            { value: "tokens", label: m.plot_tokens() },
          ]}
        />
      </div>
      <TimePlot rows={rows} measure={measure} />
      {measure === "time" ? <TimeLegend rows={rows} waited={waited} /> : <TokensLegend />}
      <table className="time-table" data-testid="time-table">
        <caption className="sr-only">{m.plot_label()}</caption>
        <thead>
          <tr>
            <th scope="col">{m.column_step()}</th>
            {waited && <th scope="col">{m.phase_wait()}</th>}
            <th scope="col">{m.phase_load()}</th>
            <th scope="col">{m.phase_read()}</th>
            <th scope="col">{m.phase_write()}</th>
            <th scope="col">{m.column_prompt_tokens()}</th>
            <th scope="col">{m.phase_cached()}</th>
            <th scope="col">{m.column_written_tokens()}</th>
            {guessed && (
              <th scope="col" title={m.guessed_hint()}>
                {m.column_guessed_tokens()}
              </th>
            )}
            <th scope="col">{m.plot_rate()}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.position}>
              <th scope="row" title={row.name}>
                {row.name}
                {row.reused && <small> {m.taken_over()}</small>}
              </th>
              {waited && <td>{formatSeconds(row.wait)}</td>}
              <td>{formatSeconds(row.load)}</td>
              <td>{formatSeconds(row.prompt)}</td>
              <td>{formatSeconds(row.generate)}</td>
              <td>{formatCount(row.promptTokens)}</td>
              <td>{formatPercent(row.cached)}</td>
              <td>{formatCount(row.generatedTokens)}</td>
              {guessed && <td>{formatCount(row.guessedTokens)}</td>}
              <td>{row.rate === undefined ? "–" : formatRate(row.rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function TimeLegend({ rows, waited }: { rows: TimeRow[]; waited: boolean }) {
  return (
    <ul className="legend plot-legend">
      {waited && <LegendItem className="plot-wait" text={m.phase_wait()} />}
      <LegendItem className="plot-load" text={m.phase_load()} />
      <LegendItem className="plot-prompt" text={m.phase_read()} />
      <LegendItem className="plot-generate" text={m.phase_write()} />
      {rows.some((row) => row.rate !== undefined) && (
        <LegendItem className="plot-rate" text={m.plot_rate()} />
      )}
    </ul>
  );
}

function TokensLegend() {
  return (
    <ul className="legend plot-legend">
      <LegendItem className="plot-wait" text={m.plot_cached_tokens()} />
      <LegendItem className="plot-prompt" text={m.plot_read_tokens()} />
      <LegendItem className="plot-generate" text={m.column_written_tokens()} />
    </ul>
  );
}

function LegendItem({ className, text }: { className: string; text: string }) {
  return (
    <li>
      <span>
        <i className={className} aria-hidden /> {text}
      </span>
    </li>
  );
}
