import { get } from "./client";
import { poll, type Poll } from "./poll.svelte";
import { averageRates, jobRates, type VertexRates } from "./rates";
import type { JobDetail, Metric } from "./rest";
import { Series } from "./series";
import { hasEnded } from "./states";
import { lag, lowestWatermark, watermarksBySubtask, type Watermark } from "./watermarks";

// One job as its pages show it: the last answer, and what follows from those before.

export interface Snapshot {
  job: JobDetail;
  /** By vertex; empty until there are two answers; of a job that has ended, on average. */
  rates: Map<string, VertexRates>;
  /** By vertex; empty when the job has ended. */
  watermarks: Map<string, Watermark>;
}

export interface Curves {
  /** Records a second: in, or out where a vertex takes nothing in. */
  records: Series;
  busy: Series;
  backPressured: Series;
  lag: Series;
}

const windowMs = 10 * 60 * 1000;

// Curves of jobs that were looked at go on when one comes back to them.
const kept = new Map<string, Curves>();

export function curvesOf(id: string): Curves {
  let curves = kept.get(id);
  if (!curves) {
    const series = (): Series => new Series(windowMs);
    curves = { records: series(), busy: series(), backPressured: series(), lag: series() };
    kept.set(id, curves);
  }
  return curves;
}

export function pollJob(id: () => string | null): Poll<Snapshot> {
  let before: JobDetail | undefined;
  return poll(
    () => pathOf(id()),
    async (path, signal) => {
      const job = await get<JobDetail>(path, signal);
      const marks = await Promise.all(
        job.vertices.map((vertex) =>
          get<Metric[]>(`${path}/vertices/${vertex.id}/watermarks`, signal).catch((error: unknown) => {
            if (signal.aborted) throw error;
            return [];
          }),
        ),
      );
      const watermarks = new Map(
        job.vertices.map((vertex, i) => [vertex.id, lowestWatermark(watermarksBySubtask(marks[i] ?? []).values())]),
      );
      if (hasEnded(job.state)) return { job, rates: averageRates(job), watermarks: new Map<string, Watermark>() };
      const rates = before?.jid === job.jid ? jobRates(before, job) : new Map<string, VertexRates>();
      before = job;
      note(job, rates, watermarks);
      return { job, rates, watermarks };
    },
  );
}

function note(job: JobDetail, rates: Map<string, VertexRates>, watermarks: Map<string, Watermark>): void {
  const curves = curvesOf(job.jid);
  const values = (of: (id: string) => number | null): Map<string, number | null> =>
    new Map(job.vertices.map((vertex) => [vertex.id, of(vertex.id)]));
  if (rates.size > 0) {
    curves.records.add(
      job.now,
      values((id) => {
        const known = rates.get(id);
        return known ? Math.max(known.recordsIn, known.recordsIn === 0 ? known.recordsOut : 0) : null;
      }),
    );
    curves.busy.add(job.now, values((id) => rates.get(id)?.load?.busy ?? null));
    curves.backPressured.add(job.now, values((id) => rates.get(id)?.load?.backPressured ?? null));
  }
  curves.lag.add(job.now, values((id) => lag(watermarks.get(id), job.now)));
}

function pathOf(id: string | null): string | null {
  return id === null ? null : `/jobs/${encodeURIComponent(id)}`;
}
