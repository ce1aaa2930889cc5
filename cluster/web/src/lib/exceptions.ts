import type { ExceptionEntry, Exceptions } from "./rest";

/** The newest first. */
export function entriesOf(all: Exceptions): ExceptionEntry[] {
  const known = all.exceptionHistory?.entries ?? [];
  if (known.length > 0) return [...known].sort((a, b) => b.timestamp - a.timestamp);
  const root = all["root-exception"];
  return root ? [{ stacktrace: root, timestamp: all.timestamp ?? -1 }] : [];
}

export function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}

export function otherLines(text: string): string {
  return text.trim().split("\n").slice(1).join("\n");
}

/** What failed last, in a line; empty: nothing did. */
export function causeOf(all: Exceptions | undefined): string {
  const last = all && entriesOf(all)[0];
  return last ? firstLine(last.stacktrace) : "";
}
