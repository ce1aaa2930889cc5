import type { Metric } from "./rest";

// Watermarks are 64-bit numbers sent as text. The ends of the range are no times: none yet, and the end of all input.

export type Watermark = { kind: "none" } | { kind: "end" } | { kind: "at"; ms: number };

export function parseWatermark(text: string): Watermark {
  const ms = Number(text);
  if (text.trim() === "" || Number.isNaN(ms) || ms <= -9.2e18) return { kind: "none" };
  return ms >= 9.2e18 ? { kind: "end" } : { kind: "at", ms };
}

/** By subtask, from answers like {id: "3.currentInputWatermark", value: "..."}. */
export function watermarksBySubtask(metrics: Metric[]): Map<number, Watermark> {
  const all = new Map<number, Watermark>();
  for (const { id, value } of metrics) {
    const subtask = Number.parseInt(id, 10);
    if (!Number.isNaN(subtask)) all.set(subtask, parseWatermark(value));
  }
  return all;
}

/** The lowest, which is the vertex's; one subtask without a watermark leaves the vertex without. */
export function lowestWatermark(all: Iterable<Watermark>): Watermark {
  let lowest: Watermark = { kind: "end" };
  let any = false;
  for (const watermark of all) {
    any = true;
    if (watermark.kind === "none") return watermark;
    if (watermark.kind === "at" && (lowest.kind !== "at" || watermark.ms < lowest.ms)) lowest = watermark;
  }
  return any ? lowest : { kind: "none" };
}

/** How far event time is behind the clock; null where there is no such thing. */
export function lag(watermark: Watermark | undefined, nowMs: number): number | null {
  return watermark?.kind === "at" ? nowMs - watermark.ms : null;
}
