import { expect, test } from "vitest";
import { causeOf } from "../../src/lib/exceptions";
import { levelOf, tailOf } from "../../src/lib/log";
import { linkTo, parseRoute } from "../../src/lib/route";
import { hasEnded, toneOf, wordOf } from "../../src/lib/states";
import { wordsOf } from "../../src/lib/words";

test("the tail of a text has its last lines, with their numbers", () => {
  expect(tailOf("a\nb\r\nc\n", 2)).toEqual({ left: 1, lines: [{ number: 1, text: "b" }, { number: 2, text: "c" }] });
  expect(tailOf("", 2)).toEqual({ left: 0, lines: [] });
  expect(tailOf("no end", 2).lines).toEqual([{ number: 0, text: "no end" }]);
});

test("levels are found where a log line has them, not in its message", () => {
  expect(levelOf("[2026-11-25 09:50:15.397] [error] worker died")).toBe("error");
  expect(levelOf("2026-11-25T09:50:15 warn  slow")).toBe("warning");
  expect(levelOf("[2026-11-25 09:50:15.397] [debug] x")).toBe("debug");
  expect(levelOf(`[2026-11-25 09:50:15.397] [info] ${"x".repeat(40)} error`)).toBe("");
});

test("routes lead where links say", () => {
  expect(parseRoute("")).toEqual({ page: "overview" });
  expect(parseRoute(linkTo())).toEqual({ page: "overview" });
  expect(parseRoute(linkTo("jobs", "ab", "graph", "v/1"))).toEqual({ page: "job", id: "ab", tab: "graph", vertex: "v/1" });
  expect(parseRoute(linkTo("jobs", "ab"))).toEqual({ page: "job", id: "ab", tab: "graph", vertex: null });
  expect(parseRoute(linkTo("taskmanagers", "tm 0", "log"))).toEqual({ page: "taskmanager", id: "tm 0", tab: "log" });
  expect(parseRoute("#/nowhere/%E0%A4%A")).toEqual({ page: "unknown", path: "nowhere/%E0%A4%A" });
});

test("a command line's words are kept together by quotes", () => {
  expect(wordsOf("--port 9999 --name 'two words' --x=\"a \\\" b\" ''")).toEqual([
    "--port", "9999", "--name", "two words", '--x=a " b', "",
  ]);
  expect(wordsOf("   ")).toEqual([]);
});

test("states have words and tones", () => {
  expect(wordOf("IN_PROGRESS")).toBe("In progress");
  expect(["CANCELED", "CANCELING", "CANCELLING"].map(wordOf)).toEqual(["Cancelled", "Cancelling", "Cancelling"]);
  expect(toneOf("running")).toBe("good");
  expect(toneOf("SOMETHING_NEW")).toBe("off");
  expect(hasEnded("CANCELED")).toBe(true);
  expect(hasEnded("RESTARTING")).toBe(false);
});

test("the cause is the first line of the newest exception", () => {
  expect(causeOf(undefined)).toBe("");
  expect(causeOf({ exceptionHistory: { entries: [], truncated: false } })).toBe("");
  expect(causeOf({ "root-exception": "disk full\n at sink", timestamp: 5 })).toBe("disk full");
  const entries = [
    { stacktrace: "first", timestamp: 1 },
    { stacktrace: "second\nmore", timestamp: 2 },
  ];
  expect(causeOf({ exceptionHistory: { entries, truncated: false } })).toBe("second");
});
