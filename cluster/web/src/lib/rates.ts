import type { IoMetrics, JobDetail } from "./rest";

// Rates and loads from two answers with counters.

/** How a task spent its time; the three add up to 1. */
export interface Load {
  busy: number;
  backPressured: number;
  idle: number;
}

export interface VertexRates {
  recordsIn: number;
  recordsOut: number;
  bytesIn: number;
  bytesOut: number;
  load: Load | null;
}

/** Per second; null if counters began anew in between or no time has passed. */
export function ratesBetween(before: IoMetrics, after: IoMetrics, elapsedMs: number): VertexRates | null {
  if (elapsedMs <= 0) return null;
  const perSecond = (name: keyof IoMetrics): number => (((after[name] ?? 0) - (before[name] ?? 0)) * 1000) / elapsedMs;
  const rates = {
    recordsIn: perSecond("read-records"),
    recordsOut: perSecond("write-records"),
    bytesIn: perSecond("read-bytes"),
    bytesOut: perSecond("write-bytes"),
  };
  if (Object.values(rates).some((rate) => rate < 0)) return null;
  return { ...rates, load: loadBetween(before, after) };
}

/** Null where nothing was measured, or counters began anew. */
export function loadBetween(before: IoMetrics, after: IoMetrics): Load | null {
  const spent = (name: keyof IoMetrics): number => (after[name] ?? 0) - (before[name] ?? 0);
  const busy = spent("accumulated-busy-time");
  const backPressured = spent("accumulated-backpressured-time");
  const idle = spent("accumulated-idle-time");
  const all = busy + backPressured + idle;
  if (busy < 0 || backPressured < 0 || idle < 0 || all <= 0) return null;
  return { busy: busy / all, backPressured: backPressured / all, idle: idle / all };
}

/** By vertex. */
export function jobRates(before: JobDetail, after: JobDetail): Map<string, VertexRates> {
  const earlier = new Map(before.vertices.map((vertex) => [vertex.id, vertex.metrics]));
  const all = new Map<string, VertexRates>();
  for (const vertex of after.vertices) {
    const metrics = earlier.get(vertex.id);
    const rates = metrics && ratesBetween(metrics, vertex.metrics, after.now - before.now);
    if (rates) all.set(vertex.id, rates);
  }
  return all;
}

/** By vertex, on average since each began: what is told of a job that has ended. */
export function averageRates(job: JobDetail): Map<string, VertexRates> {
  const nothing: IoMetrics = { "read-bytes": 0, "write-bytes": 0, "read-records": 0, "write-records": 0 };
  const all = new Map<string, VertexRates>();
  for (const vertex of job.vertices) {
    const rates = ratesBetween(nothing, vertex.metrics, vertex.duration);
    if (rates) all.set(vertex.id, rates);
  }
  return all;
}

/** The records that source tasks hand on a second. Null where a source's rate is not known. */
export function sourceRate(job: JobDetail, rates: ReadonlyMap<string, VertexRates>): number | null {
  let sum = 0;
  for (const node of job.plan.nodes) {
    if (node.inputs?.length) continue;
    const known = rates.get(node.id);
    if (!known) return null;
    sum += Math.max(known.recordsOut, known.recordsIn);
  }
  return sum;
}

export type LoadLevel = "idle" | "ok" | "warm" | "hot" | "back-pressured";

/** What colour a task has. Back-pressure is told as such only where it outweighs the work. */
export function loadLevel(load: Load | null): LoadLevel {
  if (!load) return "idle";
  if (load.backPressured > 0.1 && load.backPressured >= load.busy) return "back-pressured";
  if (load.busy > 0.8) return "hot";
  if (load.busy > 0.5) return "warm";
  return load.busy > 0.01 ? "ok" : "idle";
}

/**
 * The records a second on an exchange. A task counts what it hands on to all exchanges together, and what it takes from
 * all: where both ends have others, no number is known.
 */
export function edgeRate(job: JobDetail, rates: ReadonlyMap<string, VertexRates>, from: string, to: string): number | null {
  const inputs = job.plan.nodes.find((node) => node.id === to)?.inputs ?? [];
  if (inputs.length === 1) return rates.get(to)?.recordsIn ?? null;
  const outputs = job.plan.nodes.flatMap((node) => node.inputs ?? []).filter((input) => input.id === from);
  return outputs.length === 1 ? (rates.get(from)?.recordsOut ?? null) : null;
}

/** Whether a vertex takes from others and hands on to others. */
export function endsOf(job: JobDetail, vertex: string): { takes: boolean; gives: boolean } {
  const takes = (job.plan.nodes.find((node) => node.id === vertex)?.inputs?.length ?? 0) > 0;
  const gives = job.plan.nodes.some((node) => node.inputs?.some((input) => input.id === vertex));
  return { takes, gives };
}
