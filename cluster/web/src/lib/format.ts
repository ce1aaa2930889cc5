// How numbers, times and sizes are written. Nothing known is a dash.

export const none = "–";

const plain = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 1234567 -> "1,234,567" */
export function count(value: number | null | undefined): string {
  return value == null || !Number.isFinite(value) || value < 0 ? none : plain.format(value);
}

/** At most four characters and a unit: 0.4, 12.3, 999, 1.23k, 45.6M. */
export function compact(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return none;
  const sign = value < 0 ? "-" : "";
  let rest = Math.abs(value);
  if (rest < 999.5) return sign + significant(rest, 3);
  for (const unit of ["k", "M", "G", "T"]) {
    rest /= 1000;
    if (rest < 999.5 || unit === "T") return sign + significant(rest, 3) + unit;
  }
  return none;
}

/** Records a second. */
export function rate(value: number | null | undefined): string {
  return value == null ? none : `${compact(value)}/s`;
}

/** 1536 -> "1.5 KiB" */
export function bytes(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value) || value < 0) return none;
  if (value < 1024) return `${Math.round(value)} B`;
  let rest = value;
  for (const unit of ["KiB", "MiB", "GiB", "TiB"]) {
    rest /= 1024;
    if (rest < 999.5 || unit === "TiB") return `${significant(rest, 3)} ${unit}`;
  }
  return none;
}

/** A span in milliseconds: "12 ms", "1.25 s", "3 m 4 s", "2 h 5 m", "3 d 4 h", "55 y 3 d". */
export function duration(ms: number | null | undefined): string {
  if (ms == null || !Number.isFinite(ms) || ms < 0) return none;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${significant(ms / 1000, 3)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} m`;
  const days = Math.floor(hours / 24);
  if (days < 365) return `${days} d ${hours % 24} h`;
  return `${Math.floor(days / 365)} y ${days % 365} d`;
}

/** How far something is behind; what is ahead has a minus. */
export function behind(ms: number | null | undefined): string {
  return ms != null && ms < 0 ? `-${duration(-ms)}` : duration(ms);
}

/** A time of the wall clock, where the browser is: "2026-11-25 09:33:23". */
export function time(ms: number | null | undefined): string {
  if (ms == null || !Number.isFinite(ms) || ms < 0) return none;
  const at = new Date(ms);
  return `${day(at)} ${clock(at)}`;
}

/** Only the time if it is today's. */
export function shortTime(ms: number | null | undefined, now = Date.now()): string {
  if (ms == null || !Number.isFinite(ms) || ms < 0) return none;
  const at = new Date(ms);
  return day(at) === day(new Date(now)) ? clock(at) : `${day(at)} ${clock(at)}`;
}

/** How long before now something was, in whole seconds. */
export function ago(atMs: number, nowMs: number): string {
  if (atMs < 0) return none;
  const seconds = Math.round((nowMs - atMs) / 1000);
  return seconds < 1 ? "just now" : `${duration(seconds * 1000)} ago`;
}

/** 0.123 -> "12%"; what is something is not told as nothing. */
export function percent(ratio: number | null | undefined): string {
  if (ratio == null || !Number.isFinite(ratio)) return none;
  return ratio > 0 && ratio < 0.005 ? "<1%" : `${Math.round(ratio * 100)}%`;
}

/** "1 job", "2 jobs" */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

function significant(value: number, digits: number): string {
  if (value === 0) return "0";
  const whole = Math.max(1, Math.floor(Math.log10(value)) + 1);
  const text = value.toFixed(Math.max(0, digits - whole));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const two = (n: number): string => String(n).padStart(2, "0");
const day = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
const clock = (at: Date): string => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
