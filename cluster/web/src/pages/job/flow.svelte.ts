import { createContext } from "svelte";
import type { Snapshot } from "../../lib/job.svelte";

// What a graph's nodes and edges show besides where they are: changes with every answer, while the graph stays.

export class Shown {
  snapshot = $state.raw<Snapshot>();
  jobId = $state("");
  chosen = $state<string | null>(null);
}

export const [getShown, setShown] = createContext<Shown>();

export const nodeWidth = 258;
const linesAtMost = 5;

/** The operators that a node has room for. */
export function shownOperators(operators: string[]): string[] {
  return operators.length <= linesAtMost ? operators : [...operators.slice(0, linesAtMost - 1), `… ${operators.length - linesAtMost + 1} more`];
}

export function nodeHeight(operators: string[]): number {
  return 100 + 19 * Math.min(operators.length, linesAtMost);
}
