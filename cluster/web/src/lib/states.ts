import type { JobState } from "./rest";

export type Tone = "good" | "busy" | "warn" | "bad" | "done" | "off";

const tones: Record<string, Tone> = {
  RUNNING: "good",
  INITIALIZING: "busy",
  CREATED: "busy",
  SCHEDULED: "busy",
  DEPLOYING: "busy",
  RECONCILING: "busy",
  IN_PROGRESS: "busy",
  RESTARTING: "warn",
  FAILING: "bad",
  FAILED: "bad",
  CANCELLING: "warn",
  CANCELING: "warn",
  CANCELED: "off",
  SUSPENDED: "off",
  FINISHED: "done",
  COMPLETED: "good",
};

/** What kind of a state of a job, a task or a checkpoint this is. */
export function toneOf(state: string): Tone {
  return tones[state.toUpperCase()] ?? "off";
}

/** RUNNING -> "Running", IN_PROGRESS -> "In progress"; CANCELED is spelled as in the rest of the page. */
export function wordOf(state: string): string {
  const words = state.toLowerCase().replace(/_/g, " ").replace(/^cancel(?=ed|ing)/, "cancell");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function hasEnded(state: JobState): boolean {
  return state === "FINISHED" || state === "FAILED" || state === "CANCELED";
}
