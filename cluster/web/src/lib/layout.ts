import { Graph, layout } from "@dagrejs/dagre";
import type { PlanNode } from "./rest";

// Where the vertices of a plan are drawn.

export type Direction = "LR" | "TB";

export interface Size {
  width: number;
  height: number;
}

export interface Place {
  x: number;
  y: number;
}

export interface Edge {
  id: string;
  from: string;
  to: string;
  ship: string;
}

/** In the plan's order; inputs that name no node are left out. */
export function edgesOf(nodes: PlanNode[]): Edge[] {
  const known = new Set(nodes.map((node) => node.id));
  return nodes.flatMap((node) =>
    (node.inputs ?? [])
      .filter((input) => known.has(input.id))
      .map((input) => ({ id: `${input.id}-${node.id}-${input.num}`, from: input.id, to: node.id, ship: input.ship_strategy })),
  );
}

/** The upper left corner of every node. */
export function placesOf(nodes: PlanNode[], direction: Direction, size: (node: PlanNode) => Size): Map<string, Place> {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction, nodesep: 36, ranksep: direction === "LR" ? 110 : 64, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, { ...size(node) });
  for (const edge of edgesOf(nodes)) graph.setEdge(edge.from, edge.to, {}, edge.id);
  layout(graph);
  return new Map(
    nodes.map((node) => {
      const { x, y, width, height } = graph.node(node.id);
      return [node.id, { x: x - width / 2, y: y - height / 2 }];
    }),
  );
}
