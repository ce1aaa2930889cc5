import { expect, test } from "vitest";
import { averageRates, edgeRate, endsOf, jobRates, loadBetween, loadLevel, ratesBetween, sourceRate } from "../../src/lib/rates";
import type { IoMetrics, JobDetail, PlanNode } from "../../src/lib/rest";

function metrics(read: number, write: number, busy = 0, pressed = 0, idle = 0): IoMetrics {
  return {
    "read-bytes": read * 10,
    "write-bytes": write * 10,
    "read-records": read,
    "write-records": write,
    "accumulated-busy-time": busy,
    "accumulated-backpressured-time": pressed,
    "accumulated-idle-time": idle,
  };
}

function job(now: number, vertices: Record<string, IoMetrics>, inputs: Record<string, string[]> = {}): JobDetail {
  const nodes: PlanNode[] = Object.keys(vertices).map((id) => ({
    id,
    parallelism: 1,
    description: id,
    inputs: (inputs[id] ?? []).map((from, num) => ({ num, id: from, ship_strategy: "HASH" })),
  }));
  return {
    jid: "j", name: "j", state: "RUNNING", "start-time": 0, "end-time": -1, duration: now, now, timestamps: {},
    vertices: Object.entries(vertices).map(([id, of]) => ({
      id, name: id, parallelism: 1, status: "RUNNING", "start-time": 0, "end-time": -1, duration: now, tasks: {}, metrics: of,
    })),
    plan: { nodes },
  };
}

test("rates are what the counters gained, per second", () => {
  const rates = ratesBetween(metrics(100, 10), metrics(400, 40), 2000);
  expect(rates).toMatchObject({ recordsIn: 150, recordsOut: 15, bytesIn: 1500, bytesOut: 150 });
});

test("there are no rates when counters began anew or no time has passed", () => {
  expect(ratesBetween(metrics(400, 40), metrics(3, 0), 2000)).toBeNull();
  expect(ratesBetween(metrics(1, 1), metrics(1, 1), 0)).toBeNull();
});

test("the load is how the time in between was spent, whatever the parallelism", () => {
  expect(loadBetween(metrics(0, 0, 1000, 500, 8000), metrics(0, 0, 4000, 1500, 12_000))).toEqual({
    busy: 0.375, backPressured: 0.125, idle: 0.5,
  });
  expect(loadBetween(metrics(0, 0), metrics(0, 0))).toBeNull();
  expect(loadBetween(metrics(0, 0, 9), metrics(0, 0, 1, 100))).toBeNull();
});

test("a vertex that was not there before has no rates", () => {
  const rates = jobRates(job(1000, { a: metrics(0, 5) }), job(2000, { a: metrics(0, 10), b: metrics(7, 0) }));
  expect([...rates.keys()]).toEqual(["a"]);
  expect(rates.get("a")?.recordsOut).toBe(5);
});

test("a job that has ended tells averages over its life", () => {
  const rates = averageRates(job(2000, { a: metrics(0, 60, 500, 0, 1500), b: metrics(60, 0) }));
  expect(rates.get("a")).toMatchObject({ recordsOut: 30, load: { busy: 0.25, backPressured: 0, idle: 0.75 } });
  expect(rates.get("b")?.recordsIn).toBe(30);
});

test("a job takes in what its sources hand on, and an unknown source leaves that unknown", () => {
  const before = job(0, { a: metrics(0, 0), b: metrics(0, 0), c: metrics(0, 0) });
  const after = job(1000, { a: metrics(0, 30), b: metrics(0, 12), c: metrics(42, 1) }, { c: ["a", "b"] });
  const rates = jobRates(before, after);
  expect(sourceRate(after, rates)).toBe(42);
  rates.delete("b");
  expect(sourceRate(after, rates)).toBeNull();
});

test("an exchange's rate is told only where one of its ends has no other", () => {
  const inputs = { c: ["a", "b"], d: ["c"], e: ["c"] };
  const before = job(0, { a: metrics(0, 0), b: metrics(0, 0), c: metrics(0, 0), d: metrics(0, 0), e: metrics(0, 0) });
  const after = job(1000, { a: metrics(0, 30), b: metrics(0, 5), c: metrics(35, 40), d: metrics(28, 0), e: metrics(12, 0) }, inputs);
  const rates = jobRates(before, after);
  expect(edgeRate(after, rates, "a", "c")).toBe(30);
  expect(edgeRate(after, rates, "c", "d")).toBe(28);
  const crossed = job(1000, { a: metrics(0, 1), b: metrics(0, 1), c: metrics(1, 0), d: metrics(1, 0) }, { c: ["a", "b"], d: ["a", "b"] });
  expect(edgeRate(crossed, jobRates(before, crossed), "a", "c")).toBeNull();
});

test("sources take from nobody and sinks give to nobody", () => {
  const line = job(0, { a: metrics(0, 0), b: metrics(0, 0) }, { b: ["a"] });
  expect(endsOf(line, "a")).toEqual({ takes: false, gives: true });
  expect(endsOf(line, "b")).toEqual({ takes: true, gives: false });
});

test("levels tell work from back-pressure", () => {
  expect(loadLevel(null)).toBe("idle");
  expect(loadLevel({ busy: 0.004, backPressured: 0, idle: 0.996 })).toBe("idle");
  expect(loadLevel({ busy: 0.3, backPressured: 0.05, idle: 0.65 })).toBe("ok");
  expect(loadLevel({ busy: 0.6, backPressured: 0.2, idle: 0.2 })).toBe("warm");
  expect(loadLevel({ busy: 0.9, backPressured: 0, idle: 0.1 })).toBe("hot");
  expect(loadLevel({ busy: 0.3, backPressured: 0.6, idle: 0.1 })).toBe("back-pressured");
});
