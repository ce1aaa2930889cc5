// Text files that grow, line by line.

export interface Line {
  /** From 0, in the whole text. */
  number: number;
  text: string;
}

/** The last lines, at most `most`, and how many were before. */
export function tailOf(text: string, most: number): { lines: Line[]; left: number } {
  const all = text.split("\n");
  if (all.at(-1) === "") all.pop();
  const left = Math.max(0, all.length - most);
  return { lines: all.slice(left).map((line, i) => ({ number: left + i, text: line.replace(/\r$/, "") })), left };
}

export type Level = "error" | "warning" | "debug" | "";

/** By the level's word near the beginning of a line. */
export function levelOf(line: string): Level {
  const word = /\b(error|critical|fatal|warn(?:ing)?|debug|trace)\b/i.exec(line.slice(0, 60))?.[1]?.toLowerCase();
  switch (word) {
    case undefined:
      return "";
    case "warn":
    case "warning":
      return "warning";
    case "debug":
    case "trace":
      return "debug";
    default:
      return "error";
  }
}
