import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import { expect } from "vitest";

// One visitor of the page, in Debian's Chromium, at a time.

export const dist = new URL("../../dist", import.meta.url).pathname;

export let page: Page;

const shots = process.env.SCREENSHOTS;
let browser: Browser;
let base: string;
/** What the page complained of, or asked of hosts elsewhere. */
let complaints: string[] = [];

/** Without what the browser would ask of hosts elsewhere. */
export async function openBrowser(): Promise<void> {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export function closeBrowser(): Promise<void> {
  return browser.close();
}

export interface Look {
  width?: number;
  height?: number;
  colors?: "light" | "dark";
}

/** A new visitor to the server at `address`, who remembers nothing. */
export async function visit(address: string, { width = 1440, height = 900, colors = "light" }: Look = {}): Promise<void> {
  await page?.context().close();
  base = address;
  complaints = [];
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: colors });
  context.setDefaultTimeout(60_000);
  page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:")) complaints.push(`asked ${request.url()}`);
  });
}

export async function leave(): Promise<void> {
  await page.context().close();
  expect(complaints).toEqual([]);
}

export async function goTo(hash: string): Promise<void> {
  await page.goto(`${base}${hash}`);
}

export async function shows(...texts: (string | RegExp)[]): Promise<void> {
  for (const text of texts) await page.getByText(text).first().waitFor();
}

/** Nothing is wider than the window. */
export async function fits(): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, `${page.url()} is too wide by`).toBeLessThanOrEqual(0);
}

/** Keeps a picture where SCREENSHOTS names a folder. */
export async function shoot(name: string, what: "whole" | "window" = "whole"): Promise<void> {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: what === "whole" });
}

export function tab(name: string): Locator {
  return page.getByRole("tab", { name: new RegExp(name) });
}

export function button(name: string): Locator {
  return page.getByRole("button", { name, exact: true });
}

/** What ./dev test has built. */
export function built(program: string): string {
  return new URL(`../../../../build/dev/${program}`, import.meta.url).pathname;
}

/** Answers the question for the token. */
export async function giveToken(token: string): Promise<void> {
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.keyboard.press("Enter");
}
