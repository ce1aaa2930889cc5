import { expect, test } from "vitest";
import { edgesOf, placesOf } from "../../src/lib/layout";
import { operatorsOf, shortName } from "../../src/lib/names";
import type { PlanNode } from "../../src/lib/rest";

function node(id: string, ...inputs: string[]): PlanNode {
  return { id, parallelism: 1, description: id, inputs: inputs.map((from, num) => ({ num, id: from, ship_strategy: "HASH" })) };
}

const diamond = [node("source"), node("left", "source"), node("right", "source"), node("sink", "left", "right")];
const size = (): { width: number; height: number } => ({ width: 200, height: 100 });

test("nodes stand behind what they read from and do not overlap", () => {
  for (const direction of ["LR", "TB"] as const) {
    const places = placesOf(diamond, direction, size);
    const along = (id: string): number => places.get(id)?.[direction === "LR" ? "x" : "y"] ?? NaN;
    expect(along("left")).toBeGreaterThan(along("source"));
    expect(along("sink")).toBeGreaterThan(along("right"));
    const all = [...places.values()];
    for (const [i, a] of all.entries())
      for (const b of all.slice(i + 1)) expect(Math.abs(a.x - b.x) >= 200 || Math.abs(a.y - b.y) >= 100).toBe(true);
  }
});

test("two exchanges between the same two are two edges", () => {
  expect(edgesOf([node("a"), node("b", "a", "a")]).map((edge) => edge.id)).toEqual(["a-b-0", "a-b-1"]);
});

test("an input that names no node is left out", () => {
  expect(edgesOf([node("b", "gone")])).toEqual([]);
});

test("a chain's operators come from its description, also from an escaped one", () => {
  expect(operatorsOf("Source: a -> Map -> Sink: b")).toEqual(["Source: a", "Map", "Sink: b"]);
  expect(operatorsOf("Source: a -&gt; Filter x &amp; y<br/>")).toEqual(["Source: a", "Filter x & y"]);
});

test("short names keep both ends of a chain", () => {
  expect(shortName("a")).toBe("a");
  expect(shortName("a -> b")).toBe("a → b");
  expect(shortName("a -> b -> c -> d")).toBe("a … d");
});
