import { expect, test } from "vitest";
import { ago, behind, bytes, compact, count, duration, percent, plural, rate, shortTime, time } from "../../src/lib/format";

test("counts have separators, and what is not known is a dash", () => {
  expect(count(1234567)).toBe("1,234,567");
  expect(count(0)).toBe("0");
  expect(count(undefined)).toBe("–");
  expect(count(-1)).toBe("–");
});

test("compact numbers keep three digits and take the next unit before they have four", () => {
  const cases: [number, string][] = [
    [0, "0"], [0.042, "0.04"], [0.5, "0.5"], [12.34, "12.3"], [999, "999"], [999.6, "1k"], [1234, "1.23k"], [999_600, "1M"],
    [45_600_000, "45.6M"], [7e15, "7000T"], [-1500, "-1.5k"],
  ];
  for (const [value, text] of cases) expect(compact(value)).toBe(text);
  expect(compact(Number.NaN)).toBe("–");
});

test("rates are compact and a dash without a slash where not known", () => {
  expect(rate(48_200)).toBe("48.2k/s");
  expect(rate(null)).toBe("–");
});

test("bytes are told in powers of 1024", () => {
  expect(bytes(0)).toBe("0 B");
  expect(bytes(1023)).toBe("1023 B");
  expect(bytes(1536)).toBe("1.5 KiB");
  expect(bytes(48.5 * 1024 ** 2)).toBe("48.5 MiB");
  expect(bytes(1023.9 * 1024)).toBe("1 MiB");
});

test("durations have the two greatest units", () => {
  const cases: [number, string][] = [
    [0, "0 ms"], [999, "999 ms"], [999.7, "1 s"], [1250, "1.25 s"], [59_400, "59 s"], [59_600, "1 m 0 s"], [184_000, "3 m 4 s"],
    [7_500_000, "2 h 5 m"], [273_600_000, "3 d 4 h"], [86_400_000 * 400, "1 y 35 d"],
  ];
  for (const [ms, text] of cases) expect(duration(ms)).toBe(text);
  expect(duration(-1)).toBe("–");
  expect(behind(-1250)).toBe("-1.25 s");
  expect(behind(1250)).toBe("1.25 s");
  expect(behind(null)).toBe("–");
});

test("times of today leave out the day", () => {
  const now = new Date(2026, 10, 25, 23, 59, 59).getTime();
  const morning = new Date(2026, 10, 25, 7, 8, 9).getTime();
  expect(time(morning)).toBe("2026-11-25 07:08:09");
  expect(shortTime(morning, now)).toBe("07:08:09");
  expect(shortTime(morning - 86_400_000, now)).toBe("2026-11-24 07:08:09");
  expect(time(-1)).toBe("–");
});

test("ago is told in whole seconds", () => {
  expect(ago(1000, 1400)).toBe("just now");
  expect(ago(1000, 900)).toBe("just now");
  expect(ago(1000, 3600)).toBe("3 s ago");
  expect(ago(1000, 185_000)).toBe("3 m 4 s ago");
  expect(ago(-1, 5)).toBe("–");
});

test("percent and plural", () => {
  expect(percent(0.126)).toBe("13%");
  expect(percent(null)).toBe("–");
  expect(percent(0)).toBe("0%");
  expect(percent(0.0004)).toBe("<1%");
  expect(plural(1, "job")).toBe("1 job");
  expect(plural(2, "job")).toBe("2 jobs");
});
