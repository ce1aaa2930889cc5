import { untrack } from "svelte";
import { get } from "./client";
import { settings } from "./settings.svelte";

// What the page shows is asked for again and again while it is looked at.

type Load<T> = (path: string, signal: AbortSignal) => Promise<T>;

export class Poll<T> {
  /** The last answer; stays while later requests fail. */
  data = $state.raw<T>();
  /** Of the last request. */
  error = $state.raw<unknown>();
  #wake: () => void = () => {};

  /** Asks now instead of when it is time. */
  refresh(): void {
    this.#wake();
  }

  reset(): void {
    this.data = undefined;
    this.error = undefined;
  }

  async run(path: string, load: Load<T>, signal: AbortSignal): Promise<void> {
    // The second request comes soon, as rates need two answers.
    for (let soon = true; !signal.aborted; soon = false) {
      try {
        const data = await load(path, signal);
        if (signal.aborted) return;
        this.data = data;
        this.error = undefined;
      } catch (error) {
        if (signal.aborted) return;
        this.error = error;
      }
      await this.#pause(soon ? Math.min(1000, settings.refreshMs) : settings.refreshMs, signal);
    }
  }

  /** Also waits until the page is visible. */
  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", shown);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const shown = (): void => {
        if (!document.hidden) done();
      };
      const timer = setTimeout(() => {
        if (document.hidden) document.addEventListener("visibilitychange", shown);
        else done();
      }, ms);
      signal.addEventListener("abort", done);
      this.#wake = done;
    });
  }
}

/** Polls as long as the component is there; begins anew where the path is another; null asks nothing. */
export function poll<T>(path: () => string | null, load: Load<T> = get): Poll<T> {
  const result = new Poll<T>();
  // What the path is made of may change without the path.
  const derived = $derived(path());
  $effect(() => {
    const now = derived;
    const stop = new AbortController();
    untrack(() => result.reset());
    if (now !== null) untrack(() => void result.run(now, load, stop.signal));
    return () => stop.abort();
  });
  return result;
}
