// Curves of the last minutes: one time axis, any number of named values, null where one is not known.

export class Series {
  readonly at: number[] = [];
  readonly #values = new Map<string, (number | null)[]>();

  /** Keeps what is at most `window_ms` older than the newest. */
  constructor(readonly windowMs: number) {}

  add(atMs: number, values: ReadonlyMap<string, number | null>): void {
    const newest = this.at.at(-1);
    if (newest !== undefined && atMs <= newest) return;
    for (const name of values.keys()) {
      if (!this.#values.has(name)) this.#values.set(name, new Array<number | null>(this.at.length).fill(null));
    }
    this.at.push(atMs);
    for (const [name, kept] of this.#values) kept.push(values.get(name) ?? null);
    let old = 0;
    while ((this.at[old] ?? atMs) < atMs - this.windowMs) ++old;
    if (old > 0) {
      this.at.splice(0, old);
      for (const kept of this.#values.values()) kept.splice(0, old);
    }
  }

  of(name: string): (number | null)[] {
    return this.#values.get(name) ?? new Array<number | null>(this.at.length).fill(null);
  }
}
