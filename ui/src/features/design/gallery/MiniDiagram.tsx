import { useMemo } from "react";
import type { Pipeline } from "@/api/types";
import { classes } from "@/components/classes";
import { ROLES } from "@/components/roles";
import { miniLayout } from "./layout";

/** Distance of columns and rows, radius of a node and margin, in px of the drawing. */
const COLUMN = 44;
const ROW = 26;
const RADIUS = 9;
const MARGIN = 12;

/** What became of a step, as its node is marked. */
export type NodeMark = "added" | "removed" | "changed" | "moved";

/** The sign in the corner of a marked node, so that its colour is not all that tells. */
const SIGNS: Record<NodeMark, string> = {
  added: "M-2.5 0H2.5M0 -2.5V2.5",
  removed: "M-2.5 0H2.5",
  changed: "M-2 2L2 -2",
  moved: "M0 -2.5V2.5M-1.5 -1L0 -2.5L1.5 -1",
};

interface MiniDiagramProps {
  pipeline: Pick<Pipeline, "steps">;
  /** Marks of steps, by name. */
  marks?: ReadonlyMap<string, NodeMark>;
}

/** The steps of a pipeline as icons, with the flow between them; decoration beside their names. */
export function MiniDiagram({ pipeline, marks }: MiniDiagramProps) {
  const { nodes, edges, columns, rows } = useMemo(() => miniLayout(pipeline), [pipeline]);
  const width = (columns - 1) * COLUMN + 2 * MARGIN;
  const height = (rows - 1) * ROW + 2 * MARGIN;
  const inColumn = (column: number) => nodes.filter((node) => node.column === column).length;
  const at = (index: number) => {
    const node = nodes[index] ?? { column: 0, row: 0 };
    // A column with fewer nodes stands in the middle of the others.
    const spare = rows - inColumn(node.column);
    return { x: MARGIN + node.column * COLUMN, y: MARGIN + (node.row + spare / 2) * ROW };
  };
  return (
    <svg
      className="mini-diagram"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
    >
      {edges.map(([from, to]) => {
        const one = at(from);
        const other = at(to);
        const bend = (one.x + other.x) / 2;
        return (
          <path
            key={`${from} ${to}`}
            d={`M${one.x + RADIUS} ${one.y} C${bend} ${one.y} ${bend} ${other.y} ${other.x - RADIUS} ${other.y}`}
          />
        );
      })}
      {nodes.map((node, index) => {
        const { x, y } = at(index);
        const { icon: Icon, hue } = ROLES[node.role];
        const mark = marks?.get(node.name);
        return (
          <g
            key={node.name}
            className={classes(hue, mark && `node-${mark}`)}
            transform={`translate(${x} ${y})`}
          >
            <rect x={-RADIUS} y={-RADIUS} width={2 * RADIUS} height={2 * RADIUS} rx={5} />
            <Icon x={-6} y={-6} width={12} height={12} />
            {mark && (
              <g className="node-sign" transform={`translate(${RADIUS} ${-RADIUS})`}>
                <circle r={4.5} />
                <path d={SIGNS[mark]} />
              </g>
            )}
          </g>
        );
      })}
    </svg>
  );
}
