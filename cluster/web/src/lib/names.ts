// Names of chains of operators.

/** The operators of a chain, from a description like "Source: a -> Map -> Sink: b" (with or without HTML escapes). */
export function operatorsOf(description: string): string[] {
  return description
    .replace(/<br\/?>/g, "")
    .replace(/&gt;/g, ">")
    .replace(/&lt;/g, "<")
    .replace(/&amp;/g, "&")
    .split(/\s*->\s*/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** "Source: a -> Map -> Sink: b" -> "Source: a … Sink: b" */
export function shortName(description: string): string {
  const operators = operatorsOf(description);
  const [first, last] = [operators[0] ?? description, operators.at(-1)];
  if (operators.length <= 1) return first;
  return operators.length === 2 ? `${first} → ${last}` : `${first} … ${last}`;
}
