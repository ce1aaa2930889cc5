import { expect, test } from "vitest";
import { lag, lowestWatermark, parseWatermark, watermarksBySubtask } from "../../src/lib/watermarks";

test("the ends of the 64-bit range are no times", () => {
  expect(parseWatermark("-9223372036854775808")).toEqual({ kind: "none" });
  expect(parseWatermark("")).toEqual({ kind: "none" });
  expect(parseWatermark("NaN")).toEqual({ kind: "none" });
  expect(parseWatermark("9223372036854775807")).toEqual({ kind: "end" });
  expect(parseWatermark("1764063203000")).toEqual({ kind: "at", ms: 1764063203000 });
  expect(parseWatermark("-5")).toEqual({ kind: "at", ms: -5 });
});

test("a vertex is as far as its slowest subtask", () => {
  const marks = watermarksBySubtask([
    { id: "0.currentInputWatermark", value: "900" },
    { id: "10.currentInputWatermark", value: "700" },
    { id: "2.currentInputWatermark", value: "9223372036854775807" },
    { id: "unknown", value: "1" },
  ]);
  expect([...marks.keys()]).toEqual([0, 10, 2]);
  expect(lowestWatermark(marks.values())).toEqual({ kind: "at", ms: 700 });
  expect(lowestWatermark([...marks.values(), { kind: "none" }])).toEqual({ kind: "none" });
  expect(lowestWatermark([{ kind: "end" }])).toEqual({ kind: "end" });
  expect(lowestWatermark([])).toEqual({ kind: "none" });
});

test("only a time has a lag", () => {
  expect(lag({ kind: "at", ms: 700 }, 1000)).toBe(300);
  expect(lag({ kind: "end" }, 1000)).toBeNull();
  expect(lag(undefined, 1000)).toBeNull();
});
