import { expect, test } from "vitest";
import { Series } from "../../src/lib/series";

const values = (entries: Record<string, number | null>): Map<string, number | null> => new Map(Object.entries(entries));

test("every name has a value or a gap at every time", () => {
  const series = new Series(10_000);
  series.add(1000, values({ a: 1 }));
  series.add(2000, values({ a: 2, b: 20 }));
  series.add(3000, values({ b: null }));
  expect(series.at).toEqual([1000, 2000, 3000]);
  expect(series.of("a")).toEqual([1, 2, null]);
  expect(series.of("b")).toEqual([null, 20, null]);
  expect(series.of("c")).toEqual([null, null, null]);
});

test("what is older than the window is dropped, from all curves alike", () => {
  const series = new Series(1000);
  for (const at of [0, 500, 1000, 1600]) series.add(at, values({ a: at }));
  expect(series.at).toEqual([1000, 1600]);
  expect(series.of("a")).toEqual([1000, 1600]);
});

test("an answer that is not newer than the last is left out", () => {
  const series = new Series(1000);
  series.add(10, values({ a: 1 }));
  series.add(10, values({ a: 2 }));
  series.add(9, values({ a: 3 }));
  expect(series.of("a")).toEqual([1]);
});
