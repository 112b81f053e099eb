import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import type uPlot from "uplot";
import { formatCount, formatDecimal } from "@/components/format";
import { m } from "@/paraglide/messages.js";
import { type Measure, PARTS, type Part, stacked, type TimeRow } from "./timeData";

/** Height in px of the plot. */
const HEIGHT = 240;
/** The custom property that colours each part of a bar. */
const COLOURS: Record<Part, string> = {
  wait: "--plot-wait",
  load: "--plot-load",
  prompt: "--plot-prompt",
  generate: "--plot-generate",
  cachedTokens: "--plot-wait",
  readTokens: "--plot-prompt",
  generatedTokens: "--plot-generate",
};

interface TimePlotProps {
  rows: TimeRow[];
  measure: Measure;
}

/** Bars of where each step's time went, and how fast it wrote, or of its tokens. The table below says the same in words. */
export function TimePlot({ rows, measure }: TimePlotProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = host.current;
    if (!box) return;
    let plot: uPlot | undefined;
    let gone = false;
    // The drawing library is loaded with the first plot, so that no other screen waits for it.
    const drawn = import("uplot").then(({ default: Plot }) => {
      const draw = () => {
        plot?.destroy();
        plot = new Plot(options(Plot, rows, measure, box), data(rows, measure), box);
      };
      if (gone) return () => {};
      draw();
      const sized = new ResizeObserver(() => plot?.setSize({ width: widthOf(box), height: HEIGHT }));
      sized.observe(box);
      const themed = new MutationObserver(draw);
      themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
      return () => {
        sized.disconnect();
        themed.disconnect();
        plot?.destroy();
      };
    });
    return () => {
      gone = true;
      drawn.then((stop) => stop());
    };
  }, [rows, measure]);
  return (
    <div
      ref={host}
      className="time-plot"
      role="img"
      aria-label={measure === "time" ? m.plot_label_time() : m.plot_label_tokens()}
      data-testid="time-plot"
      data-measure={measure}
    />
  );
}

const widthOf = (box: HTMLElement) => Math.max(200, box.clientWidth);

/** The last list is the rate; the parts come from the highest down, so that each covers the foot of the one before. */
function data(rows: TimeRow[], measure: Measure): uPlot.AlignedData {
  const phases: uPlot.AlignedData = [
    rows.map((_, index) => index),
    ...stacked(rows, PARTS[measure]).reverse(),
  ];
  return rated(rows, measure) ? [...phases, rows.map((row) => row.rate ?? null)] : phases;
}

/** Whether the speed is told beside the bars: where any is known, and they are of time. */
const rated = (rows: TimeRow[], measure: Measure) =>
  measure === "time" && rows.some((row) => row.rate !== undefined);

function options(Plot: typeof uPlot, rows: TimeRow[], measure: Measure, box: HTMLElement): uPlot.Options {
  const style = getComputedStyle(box);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const text = colour("--text-2");
  const axis = { stroke: text, font: `12px ${style.fontFamily}`, ticks: { stroke: colour("--border") } };
  const bars = Plot.paths.bars?.({ size: [0.6, 64], radius: 0.06 });
  // The rate has its points and its axis only where one is known.
  const speeds = rated(rows, measure) ? [true] : [];
  const longest = Math.max(4, Math.floor((widthOf(box) - 120) / Math.max(1, rows.length) / 7));
  return {
    width: widthOf(box),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-0.6, Math.max(0.6, rows.length - 0.4)] },
      y: { range: (_, __, max) => [0, Math.max(0.1, max * 1.06)] },
      rate: { range: (_, __, max) => [0, Math.max(1, max * 1.15)] },
    },
    series: [
      {},
      ...[...PARTS[measure]].reverse().map(
        (part): uPlot.Series => ({
          scale: "y",
          fill: colour(COLOURS[part]),
          stroke: colour(COLOURS[part]),
          width: 0,
          points: { show: false },
          ...(bars && { paths: bars }),
        }),
      ),
      ...speeds.map(
        (): uPlot.Series => ({
          scale: "rate",
          stroke: colour("--plot-rate"),
          // Steps are no course in time, so no line leads from one to the next.
          paths: () => null,
          points: { show: true, size: 9, fill: colour("--surface"), stroke: colour("--plot-rate"), width: 2 },
        }),
      ),
    ],
    axes: [
      {
        ...axis,
        grid: { show: false },
        splits: () => rows.map((_, index) => index),
        values: (_, splits) =>
          splits.map((at) => {
            const name = rows[at]?.name ?? "";
            return name.length > longest ? `${name.slice(0, longest - 1)}…` : name;
          }),
      },
      {
        ...axis,
        scale: "y",
        size: 56,
        grid: { stroke: colour("--border"), width: 1 },
        values: (_, splits) =>
          splits.map((value) => (measure === "time" ? `${formatDecimal(value)} s` : formatCount(value))),
      },
      ...speeds.map(
        (): uPlot.Axis => ({
          ...axis,
          scale: "rate",
          side: 1,
          size: 56,
          stroke: colour("--plot-rate"),
          grid: { show: false },
          values: (_, splits) => splits.map((value) => formatDecimal(value)),
        }),
      ),
    ],
  };
}
